// The units of Grafana that a dashboard of ours has a use for: a misspelt one is
// shown as a suffix, and nobody notices.
export const units = ["none", "short", "s", "bytes", "percentunit", "dateTimeAsIso", "bool_yes_no"];
