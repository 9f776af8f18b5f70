// What the house wants of a dashboard, beyond what any would have to be.
import { annotationsOf, queriesOf, variablesOf } from "./files.mjs";
import { ofPanels, ofSelectors, when } from "./look.mjs";

// Another one is written by another Grafana: look at what it changes first.
const schemaVersion = 42;
const uids = ["strayd-overview", "strayd-app"];

const stepsOf = ({ fieldConfig: { defaults, overrides } }) => [
  ...defaults.thresholds?.steps ?? [],
  ...overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "thresholds").flatMap(({ value }) => value.steps)),
];

// "text" is no colour, and asks for nothing.
function untold(panel) {
  const told = panel.description?.toLowerCase() ?? "";
  const colours = stepsOf(panel).map(({ color }) => color).filter((color) => color !== "text");
  if (colours.length === 0) return when(!/no threshold/.test(told), "does not say that it has no threshold");
  return [...new Set(colours)].filter((color) => !new RegExp(`\\b${color}\\b`).test(told))
    .map((color) => `does not say what ${color} means`);
}

function overlapping({ panels }) {
  const over = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  return panels.flatMap((a, index) => [
    ...when(a.gridPos.x + a.gridPos.w > 24, `"${a.title}" leaves the page`),
    ...panels.slice(index + 1).filter((b) => over(a.gridPos, b.gridPos)).map((b) => `"${a.title}" lies on "${b.title}"`),
  ]);
}

// Every $name in it that nobody defines; Grafana's own begin with two underscores.
function unknownVariables(dashboard, text) {
  const known = variablesOf(dashboard).map(({ name }) => name);
  return [...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name)
    .filter((name) => !name.startsWith("__") && !known.includes(name) && name !== "datasource");
}

const linksIn = (panel) => [
  ...panel.fieldConfig.defaults.links ?? [],
  ...panel.fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "links").flatMap(({ value }) => value)),
];

export const ownRules = {
  "uid": ({ uid }) => when(!uids.includes(uid), `the uid ${uid} is none that bookmarks know`),
  "title": ({ title, description }) => when(!title?.startsWith("strayd: ") || !description, "no title or description"),
  "tags": ({ tags }) => when(!tags?.includes("strayd"), "is not tagged strayd, so that nothing links here"),
  "schema-version": (dashboard) => when(dashboard.schemaVersion !== schemaVersion, `schemaVersion ${dashboard.schemaVersion}`),
  "no-trace-of-a-server": ({ id, version, iteration }) =>
    when([id, version, iteration].some((one) => one !== undefined), "carries the numbers of a Grafana it was in"),
  "panel-ids": ({ panels }) => when(new Set(panels.map(({ id }) => id)).size !== panels.length, "two panels have one id"),
  "grid": overlapping,
  "thresholds": ofPanels((panel) =>
    when(!(panel.fieldConfig.defaults.thresholds?.steps.length > 0), "has no thresholds, and so Grafana's own")),
  "colours-are-told": ofPanels(untold),
  "window-is-told": ofSelectors(({ fn, window }, { panel }) =>
    when(fn === "increase" && window !== "$__rate_interval" && !(window === "1h" && /hour/.test(panel?.title)),
      `rises over ${window}, which its title does not say`)),
  "legend": ofPanels(({ type, targets }) =>
    when(type !== "table" && targets.some(({ legendFormat }) => !legendFormat), "has a query without a legend")),
  "annotation-is-an-event": (dashboard) => annotationsOf(dashboard).flatMap(({ name, target }) =>
    when(!target.expr.endsWith(" > 0"), `annotation "${name}" is there when nothing happened`)),
  "annotations": (dashboard) => ["Deploys", "Restarts", "Kills"].flatMap((word) =>
    when(!annotationsOf(dashboard).some(({ name }) => name.startsWith(word)), `no annotation for ${word}`)),
  "variables-are-known": (dashboard) => [
    ...queriesOf(dashboard).flatMap(({ where, expr }) =>
      unknownVariables(dashboard, expr).map((name) => `${where}: no variable $${name}`)),
    ...variablesOf(dashboard).filter(({ type }) => type === "query").flatMap(({ name, query }) =>
      unknownVariables(dashboard, query).map((other) => `variable ${name}: no variable $${other}`)),
  ],
  "links": ofPanels((panel) => linksIn(panel).filter(({ url }) =>
    !uids.includes(/^\/d\/([\w-]+)\?/.exec(url)?.[1]) || !url.includes("${__url_time_range}"))
    .map(({ url }) => `leads nowhere, or forgets the time: ${url}`)),
};
