// From a panel's queries to Grafana's data frames, by way of Prometheus.
import {
  applyFieldOverrides, cacheFieldDisplayNames, createTheme, FieldType, toDataFrame, transformDataFrame, type DataFrame,
} from "@grafana/data";
import { lastValueFrom } from "rxjs";
import { registry } from "./fields";

export const theme = createTheme({ colors: { mode: "dark" } });
export const timeZone = "utc";

// { variables, start, end, faster }: times in seconds; `faster` is how much the
// scene was hurried, by which the dashboard's steps are shortened.
export interface Scene {
  variables: Record<string, string>;
  start: number;
  end: number;
  faster: number;
}

const seconds = (text: string) => Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3600 } as any)[text.at(-1)!];

// A panel of 24 columns shows about this many steps.
export function stepOf(panel: any, { start, end, faster }: Scene) {
  const shortest = panel.interval ? Math.max(1, seconds(panel.interval) / faster) : 1;
  return Math.max(shortest, Math.ceil((end - start) / 400));
}

function filled(expr: string, step: number, { variables, start, end }: Scene) {
  const values: Record<string, string> = {
    __rate_interval: `${Math.max(step + 1, 4)}s`, __interval: `${step}s`, __range: `${Math.round(end - start)}s`,
    ...variables,
  };
  return expr.replace(/\$\{?(\w+)\}?/g, (match, name) => {
    if (values[name] === undefined) throw new Error(`${match} has no value`);
    return values[name];
  });
}

export async function prometheus(target: any, step: number, scene: Scene) {
  const query = filled(target.expr, step, scene);
  const when = target.instant ? { time: scene.end } : { start: scene.start, end: scene.end, step };
  const path = target.instant ? "query" : "query_range";
  const answer = await (await fetch(`/prom/api/v1/${path}?${new URLSearchParams({ query, ...when } as any)}`)).json();
  if (answer.status !== "success") throw new Error(`${answer.error}: ${query}`);
  return answer.data.result as { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
}

const legend = (format: string, labels: Record<string, string>) =>
  format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? "");

// Where nothing came for longer than a step there is a gap, as in Grafana.
function onGrid(points: [number, string][], step: number, { start, end }: Scene): [number, number | null][] {
  if (points.length <= 1) return points.map(([time, value]) => [time, Number(value)]);
  const known = new Map(points.map(([time, value]) => [Math.round((time - start) / step), Number(value)]));
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) =>
    [start + index * step, known.get(index) ?? null]);
}

function tableOf(refId: string, result: any[], valueName: string): DataFrame {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))];
  return toDataFrame({ refId, fields: [
    { name: "Time", type: FieldType.time, values: result.map(({ value }) => value[0] * 1000) },
    ...labels.map((name) => ({ name, type: FieldType.string, values: result.map(({ metric }) => metric[name] ?? "") })),
    { name: valueName, type: FieldType.number, values: result.map(({ value }) => Number(value[1])) },
  ] });
}

export async function framesOf(panel: any, scene: Scene): Promise<DataFrame[]> {
  const step = stepOf(panel, scene);
  let data: DataFrame[] = [];
  for (const target of panel.targets) {
    const result = await prometheus(target, step, scene);
    if (target.format === "table") {
      if (result.length > 0) data.push(tableOf(target.refId, result, panel.targets.length > 1 ? `Value #${target.refId}` : "Value"));
      continue;
    }
    for (const { metric, values, value } of result) {
      const points = onGrid(values ?? [value!], step, scene);
      data.push(toDataFrame({ refId: target.refId, fields: [
        { name: "Time", type: FieldType.time, values: points.map(([time]) => time * 1000), config: { interval: step * 1000 } },
        {
          name: "Value", type: FieldType.number, labels: metric, values: points.map(([, number]) => number),
          config: { displayNameFromDS: legend(target.legendFormat, metric) },
        },
      ] }));
    }
  }
  if (panel.transformations?.length) data = await lastValueFrom(transformDataFrame(panel.transformations, data));
  const frames = applyFieldOverrides({
    data, theme, timeZone, fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry, replaceVariables: (text) => text,
  });
  cacheFieldDisplayNames(frames);
  return frames;
}
