// What every panel has, whatever it draws.
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DashboardLink, DynamicConfigValue, FieldColor, ThresholdsConfig }
  from "@grafana/grafana-foundation-sdk/dashboard";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { thresholds, type Step } from "./colours";
import { source } from "./query";

export interface Said {
  title: string;
  // The question that it answers, in a sentence or three.
  answers: string;
  // What its colours ask for. Each colour of `steps` must be told (a test looks).
  colours: string;
  unit: string;
  steps: Step[];
  width: number;
  height: number;
  links?: DashboardLink[];
}

// The builders of the SDK have this in common, but no name for it.
interface Common {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  targets(targets: Builder<Dataquery>[]): this;
  span(width: number): this;
  height(height: number): this;
  unit(unit: string): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  colorScheme(colour: Builder<FieldColor>): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
  overrideByRegexp(pattern: string, properties: DynamicConfigValue[]): this;
}

// Our values are plain; the SDK wants something that builds them.
export const built = <T>(value: T): Builder<T> => ({ build: () => value });

export function dressed<Panel extends Common>(panel: Panel, said: Said, targets: Builder<Dataquery>[]): Panel {
  panel
    .title(said.title)
    .description(`${said.answers}\n\n${said.colours}`)
    .datasource(source)
    .targets(targets)
    .span(said.width)
    .height(said.height)
    .unit(said.unit)
    .thresholds(built(thresholds(said.steps)));
  if (said.links) panel.dataLinks(said.links.map(built));
  return panel;
}

const coloursOf = (fixedColor: string) => [{ id: "color", value: { mode: "fixed", fixedColor } }];

// Series of fixed names get fixed colours, and keep them when others come and go.
export function coloured<Panel extends Common>(panel: Panel, colours: Record<string, string>): Panel {
  for (const [name, colour] of Object.entries(colours)) panel.overrideByName(name, coloursOf(colour));
  return panel;
}

export function colouredByEnd<Panel extends Common>(panel: Panel, colours: Record<string, string>): Panel {
  for (const [end, colour] of Object.entries(colours)) panel.overrideByRegexp(`/${end}$/`, coloursOf(colour));
  return panel;
}
