// The rules of Grafana's dashboard-linter, by their names.
import { variablesOf } from "./files.mjs";
import { ofPanels, ofQueries, ofSelectors, ofVariables, source, when } from "./look.mjs";
import { read as parse } from "../alerts/promql.mjs";
import { units } from "./units.mjs";

const isQuery = ({ type }) => type === "query";
const selectorOf = (variable) => /^label_values\((.+), \w+\)$/.exec(variable.query)?.[1];

function isTemplated(name, label) {
  return (dashboard) => {
    const variable = variablesOf(dashboard).find((one) => one.name === name);
    if (!variable) return [`no variable ${name}`];
    const { type, label: told, multi, allValue, datasource } = variable;
    const good = type === "query" && told === label && multi && allValue === ".+" && datasource.uid === source;
    return when(!good, `variable ${name} is not a multi select "${label}" of the data source, with ".+" for all`);
  };
}

const isMatched = (name) => ofSelectors(({ metric, matchers }) =>
  when(!matchers.some(({ label, op, value }) => label === name && op === "=~" && value === `$${name}`),
    `${metric} is not narrowed by ${name}=~"$${name}"`));

function unitsOf({ fieldConfig: { defaults, overrides } }) {
  return [defaults.unit, ...overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "unit").map(({ value }) => value))];
}

export const linterRules = {
  "template-datasource-rule": (dashboard) => {
    const found = variablesOf(dashboard).filter(({ type }) => type === "datasource");
    const [{ name, label, query } = {}] = found;
    return when(found.length !== 1 || name !== "datasource" || label !== "Data source" || query !== "prometheus",
      'there is not exactly one data source variable, "datasource", labelled "Data source", of Prometheus');
  },
  "template-job-rule": isTemplated("job", "Job"),
  "template-instance-rule": isTemplated("instance", "Instance"),
  "template-label-promql-rule": ofVariables((variable) => when(
    isQuery(variable) && (!selectorOf(variable) || parse(selectorOf(variable)).error),
    `is not label_values(SELECTOR, LABEL): ${variable.query}`)),
  "template-on-time-change-reload-rule": ofVariables((variable) =>
    when(isQuery(variable) && variable.refresh !== 2, "is not looked up when the time range changes")),
  "panel-datasource-rule": ofPanels(({ datasource, targets }) =>
    when([datasource, ...targets.map((target) => target.datasource)].some((one) => one?.uid !== source),
      "does not use the chosen data source")),
  "panel-title-description-rule": ofPanels(({ title, description }) =>
    when(!title || !description, "has no title or no description")),
  "panel-units-rule": ofPanels((panel) =>
    unitsOf(panel).filter((unit) => !units.includes(unit)).map((unit) => `no such unit: ${unit}`)),
  "panel-no-targets-rule": ofPanels(({ targets }) => when(targets.length === 0, "asks nothing")),
  "target-promql-rule": ofQueries(({ expr }) => {
    const { error } = parse(expr);
    return when(error, `is not PromQL ${error}`);
  }),
  "target-rate-interval-rule": ofSelectors(({ fn, window }) =>
    when(["rate", "irate"].includes(fn) && window !== "$__rate_interval", "a rate over something else than $__rate_interval")),
  "target-counter-agg-rule": ofSelectors(({ metric, fn }) =>
    when(/_(total|bucket|count|sum)$/.test(metric) && !["rate", "irate", "increase"].includes(fn),
      `${metric} counts, and is shown without rate or increase`)),
  "target-job-rule": isMatched("job"),
  "target-instance-rule": isMatched("instance"),
  "uneditable-dashboard-rule": ({ editable }) => when(editable !== false, "can be edited"),
};
