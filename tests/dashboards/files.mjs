// Where the dashboards are, and how they are read.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const directory = join(root, "dashboards");
// The code that builds them, with its node modules.
export const home = join(directory, "src");

export function committed() {
  return readdirSync(directory).filter((name) => name.endsWith(".json")).sort().map((name) => ({
    name: name.replace(/\.json$/, ""),
    dashboard: JSON.parse(readFileSync(join(directory, name), "utf8")),
  }));
}

// Those that draw something; rows do not.
export const panelsOf = (dashboard) => dashboard.panels.flatMap((panel) =>
  panel.type === "row" ? panel.panels : [panel]);

export const variablesOf = (dashboard) => dashboard.templating.list;
export const annotationsOf = (dashboard) => dashboard.annotations.list;

// Every PromQL expression, and who asks it.
export const queriesOf = (dashboard) => [
  ...panelsOf(dashboard).flatMap((panel) => panel.targets.map((target) => ({
    where: `panel "${panel.title}" ${target.refId}`, expr: target.expr, panel, target,
  }))),
  ...annotationsOf(dashboard).map((annotation) => ({
    where: `annotation "${annotation.name}"`, expr: annotation.target.expr, annotation, target: annotation.target,
  })),
];
