// Can what is above be believed? PM2 and strayd itself, host by host.
import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { noneIsGood, oneIsGood, plain, type Step } from "../lib/colours";
import { hostOfRow, hostOfSeries } from "../lib/links";
import { hostLabels, noShortcuts, ofAgents, onHosts, overall, worst } from "../lib/select";
import { levels, lines } from "../lib/series";
import { table } from "../lib/table";
import { timeline } from "../lib/timeline";

const words = (one: string, zero: string): ValueMapping[] => [
  { type: MappingType.ValueToText, options: { 1: { text: one }, 0: { text: zero } } },
];
const modes: Step[] = [[null, "blue"], [1, "green"]];
const stale: Step[] = [[null, "green"], [300, "red"]];
const slow: Step[] = [[null, "green"], [1, "orange"]];
const late: Step[] = [[null, "green"], [2, "red"]];

const ofHosts = (expression: string) => `max by (${hostLabels}) (${expression})`;
const pm2 = onHosts("strayd_pm2_up");
const ofHomes = (expression: string) => `min by (${hostLabels}, pm2_home) (${expression})`;
const answering = onHosts("strayd_pm2_rpc_duration_seconds");

const hosts = () => table({
  title: "Hosts",
  answers: "Is each strayd there, does it act, does it see all that it needs? A host's name opens this page for it " +
    "alone.",
  colours: "**Red**: it can't be scraped, its breaker is open, its newest good scan is more than five minutes old, a " +
    "feature that it needs is lacking or its newest configuration was refused. Blue: it only observes, as configured. Green: fine.",
  unit: "none", steps: plain, width: 16, height: 9,
}, {
  queries: [
    ofHosts(ofAgents(onHosts("up"))),
    ofHosts(onHosts("strayd_enforcing")),
    ofHosts(onHosts("strayd_breaker_open")),
    ofHosts(`time() - ${onHosts("strayd_last_scan_timestamp_seconds")}`),
    `sum by (${hostLabels}) (${onHosts("strayd_feature_available", noShortcuts)} == bool 0)`,
    ofHosts(onHosts("strayd_config_last_reload_successful")),
    ofHosts(onHosts("strayd_processes")),
    `sum by (${hostLabels}, version) (${onHosts("strayd_build_info")})`,
  ],
  hidden: ["job", "Value #H"],
  columns: [
    { field: "instance", name: "Host", links: [hostOfRow] },
    { field: "Value #A", name: "Scraped", steps: oneIsGood, mappings: words("yes", "no"), width: 90 },
    { field: "Value #B", name: "Mode", steps: modes, mappings: words("enforces", "observes"), width: 105 },
    { field: "Value #C", name: "Breaker", steps: noneIsGood, mappings: words("open", "closed"), width: 90 },
    { field: "Value #D", name: "Scan age", unit: "s", decimals: 0, steps: stale, width: 100 },
    { field: "Value #E", name: "Lacks", steps: noneIsGood, width: 80 },
    { field: "Value #F", name: "Config", steps: oneIsGood, mappings: words("taken", "refused"), width: 90 },
    { field: "Value #G", name: "Processes", decimals: 0, width: 105 },
    { field: "version", name: "Version", width: 100 },
  ],
  sortBy: "Scan age",
  nothing: "?",
});

const silence = () => timeline({
  title: "PM2 daemons that were silent the longest",
  answers: "Which PM2 did not answer, and when? The twenty worst of the time that is shown. While one is silent its " +
    "apps are unknown and nothing it may own is ended. A row opens this page for the host alone.",
  colours: "**Red**: silent or dead. Green: it answers.",
  width: 8, height: 9, links: [hostOfSeries],
}, { one: "answers", zero: "silent" }, [{
  expr: worst(ofHomes(pm2), {
    by: `${hostLabels}, pm2_home`, rank: ofHomes(overall("avg_over_time", pm2)), lowest: true,
  }),
  legend: "{{instance}} {{pm2_home}}",
}]);

const scans = () => lines({
  title: "Slowest scans",
  answers: "How long does a scan of the process table take? 99 of 100 take less than this.",
  colours: "**Orange**: above a second; the host is short of CPU or has very many processes. Green: below.",
  unit: "s", steps: slow, width: 8, height: 7,
}, [{
  expr: "histogram_quantile(0.99, sum by (le) " +
    `(rate(${onHosts("strayd_scan_duration_seconds_bucket")}[$__rate_interval])))`,
  legend: "99 of 100",
}]);

const answers = () => lines({
  title: "Slowest answers of PM2",
  answers: "How long does PM2 take to say what it runs? The five slowest of the time that is shown.",
  colours: "**Red**: above 2 s, the default `pm2.timeout`, it counts as silent. Green: below.",
  unit: "s", steps: late, width: 8, height: 7, links: [hostOfSeries],
}, [{
  expr: worst(`max by (${hostLabels}, pm2_home) (${answering})`, {
    most: 5, by: `${hostLabels}, pm2_home`,
    rank: `max by (${hostLabels}, pm2_home) (${overall("max_over_time", answering)})`,
  }),
  legend: "{{instance}} {{pm2_home}}",
}]);

const failures = () => levels({
  title: "Scans that failed",
  answers: "Do scans stop before they judge anything, and why? Nothing is ended by such a scan.",
  colours: "**Red**: any. Green: none.",
  unit: "none", steps: [[null, "green"], [0.5, "red"]], width: 8, height: 7,
}, [{
  expr: `sum by (reason) (increase(${onHosts("strayd_scan_errors_total")}[$__rate_interval]))`,
  legend: "{{reason}}",
}]);

export const health = () => [hosts(), silence(), scans(), answers(), failures()];
