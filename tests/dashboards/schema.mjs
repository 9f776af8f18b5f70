// Does Grafana's published schema accept a dashboard? The schema is published as
// types, so that the compiler is asked: each part of the JSON becomes a literal
// that must satisfy its type, where an unknown key or a wrong word is an error.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./files.mjs";

const directory = join(home, "build/schema");
// Types of the panels' options, which a dashboard's type leaves open.
const kinds = { stat: "stat", timeseries: "timeseries", "state-timeline": "statetimeline", table: "table" };
const sdk = "@grafana/grafana-foundation-sdk";
const grafana = "@grafana/schema/dist/esm/raw";
const published = {
  stat: "stat/panelcfg/x/StatPanelCfg_types.gen",
  timeseries: "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
  statetimeline: "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
  table: "table/panelcfg/x/TablePanelCfg_types.gen",
};

// An enum's word is as good as its name; a method is no data.
const head = `
type Lit<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? Lit<U>[] : T extends object ? { [K in keyof T as T[K] extends Function ? never : K]: Lit<T[K]> } : T;
import type { AnnotationQuery, Dashboard, Panel, RowPanel, VariableModel } from "${grafana}/dashboard/x/Dashboard_types.gen";
import type { Dataquery } from "${sdk}/prometheus";
import type { Dashboard as OfSdk } from "${sdk}/dashboard";
import type { FieldConfig } from "${grafana}/dashboard/x/Dashboard_types.gen";
${Object.values(kinds).filter((kind) => kind !== "stat").map((kind) =>
  `import type { FieldConfig as ${kind}Field } from "${sdk}/${kind}";`).join("\n")}
${Object.entries(published).map(([kind, file]) => `import type * as ${kind} from "${grafana}/composable/${file}";`).join("\n")}
`;

function statements({ name, dashboard }) {
  const list = [];
  const must = (value, type) => list.push(`(${JSON.stringify(value)}) satisfies ${type};`);
  const { panels, templating, annotations, ...rest } = dashboard;
  must(rest, "Lit<Omit<Dashboard, 'panels' | 'templating' | 'annotations'>>");
  must({ ...rest, templating, annotations: {}, panels: [] }, "Lit<OfSdk>");
  for (const variable of templating.list) must(variable, "Lit<VariableModel>");
  for (const { target, expr, step, titleFormat, textFormat, tagKeys, ...annotation } of annotations.list) {
    must(annotation, "Lit<Omit<AnnotationQuery, 'target'>>");
    must({ expr, step, titleFormat, textFormat, tagKeys }, "Record<string, string>");
    must(target, "Lit<Dataquery>");
  }
  for (const panel of panels) ofPanel(panel, must);
  return `${head}\n// ${name}\n${list.join("\n")}\n`;
}

function ofPanel(panel, must) {
  if (panel.type === "row") return must(panel, "Lit<RowPanel>");
  const kind = kinds[panel.type];
  if (!kind) return must(panel.type, "never");
  const { targets, options, fieldConfig, ...rest } = panel;
  const { custom, ...defaults } = fieldConfig.defaults;
  must({ ...rest, fieldConfig: { ...fieldConfig, defaults } }, "Lit<Panel>");
  must(options, `Lit<Partial<${kind}.Options>>`);
  if (custom) must(custom, `Lit<Partial<${kind}.FieldConfig>>`);
  for (const { properties } of fieldConfig.overrides) {
    for (const { id, value } of properties) {
      const [, own] = /^custom\.(\w+)$/.exec(id) ?? [];
      if (own) must({ [own]: value }, `Lit<Partial<${kind}.FieldConfig>> | Lit<Partial<${kind}Field>>`);
      else must({ [id]: value }, "Lit<Partial<FieldConfig>>");
    }
  }
  for (const target of targets) must(target, "Lit<Dataquery>");
}

// What the compiler has against them; an empty text is a yes.
export function objections(dashboards) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const files = dashboards.map((one) => {
    const file = join(directory, `${one.name}.ts`);
    writeFileSync(file, statements(one));
    return file;
  });
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "node16", "--target", "es2022", "--ignoreConfig"];
  const { stdout, stderr, status } = spawnSync(process.execPath,
    [join(home, "node_modules/typescript/bin/tsc"), ...flags, ...files], { encoding: "utf8", cwd: home });
  return status === 0 ? "" : stdout + stderr;
}
