// What Grafana makes of a dashboard before and after it asks Prometheus: the
// variables filled in, the series named.

// Lengths for a scene of less than a minute, scraped each second.
const lengths = { __rate_interval: "1m", __interval: "1s", __range: "10m" };

export const all = ".+";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\\\$&");

// A value is "everything" or one; where several may be chosen it is a pattern.
function written(variable, value) {
  if (value === all) return variable.allValue;
  return variable.multi ? escaped(value) : value;
}

export function fill(text, variables, chosen) {
  return text.replace(/\$\{?(\w+)\}?/g, (match, name) => {
    if (lengths[name]) return lengths[name];
    const variable = variables.find((one) => one.name === name);
    if (!variable || chosen[name] === undefined) throw new Error(`${match} has no value`);
    return written(variable, chosen[name]);
  });
}

export const parsed = (query) => {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query);
  return { selector, label };
};

const namesIn = (format) => [...format.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);

export const legendOf = ({ metric }, format) => format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? "");

// The labels of the format that a series lacks: its legend has holes.
export const holes = ({ metric }, format) => namesIn(format).filter((label) => metric[label] === undefined);

// The labels that a link takes from a series, or from a row of a table.
export const labelsIn = (url) => [...url.matchAll(/\$\{__(?:field\.labels|data\.fields)\.(\w+)/g)].map(([, label]) => label);

// The columns of a table before they are renamed.
export function columnsOf(results) {
  const value = (index) => (results.length > 1 ? `Value #${String.fromCharCode(65 + index)}` : "Value");
  return new Set(results.flatMap((series, index) =>
    [value(index), ...series.flatMap(({ metric }) => Object.keys(metric))]));
}
