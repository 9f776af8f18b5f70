// One line for each of many, as of now.
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import type { DashboardLink, DynamicConfigValue, ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { byThreshold, thresholds, type Step } from "./colours";
import { built, dressed, type Said } from "./panel";
import { nowAsTable } from "./query";

export interface Column {
  // A label, or a query's value: "Value" of one, "Value #A"… of several.
  field: string;
  name: string;
  unit?: string;
  decimals?: number;
  steps?: Step[];
  mappings?: ValueMapping[];
  links?: DashboardLink[];
  width?: number;
}

interface Asked {
  queries: string[];
  columns: Column[];
  // What the links need and nobody needs to read.
  hidden?: string[];
  sortBy: string;
  // What it says where there is nothing.
  nothing: string;
}

function properties({ unit, decimals, steps, mappings, links, width }: Column): DynamicConfigValue[] {
  return [
    ...(unit ? [{ id: "unit", value: unit }] : []),
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
    ...(steps ? [
      { id: "thresholds", value: thresholds(steps) },
      { id: "color", value: byThreshold },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ] : []),
    ...(mappings ? [{ id: "mappings", value: mappings }] : []),
    ...(links ? [{ id: "links", value: links }] : []),
    ...(width ? [{ id: "custom.width", value: width }] : []),
  ];
}

// The second is how Grafana said it before 12.2.
const outOfSight: DynamicConfigValue[] = [
  { id: "custom.hideFrom", value: { viz: true, legend: false, tooltip: false } },
  { id: "custom.hidden", value: true },
];

export function table(said: Said, { queries, columns, hidden = [], sortBy, nothing }: Asked) {
  const panel = dressed(new PanelBuilder(), said, nowAsTable(queries))
    .colorScheme(built(byThreshold))
    .filterable(true)
    .noValue(nothing)
    .sortBy([built({ displayName: sortBy, desc: true })])
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
        renameByName: Object.fromEntries(columns.map(({ field, name }) => [field, name])),
      },
    });
  for (const field of hidden) panel.overrideByName(field, outOfSight);
  for (const column of columns) {
    const wanted = properties(column);
    if (wanted.length > 0) panel.overrideByName(column.name, wanted);
  }
  return panel;
}
