// Colours mean the same on each panel: green is as it should be, orange wants a
// look, red wants a person now; blue is what somebody asked for.
import { FieldColorModeId, ThresholdsMode, type FieldColor, type ThresholdsConfig }
  from "@grafana/grafana-foundation-sdk/dashboard";

export type Step = [from: number | null, colour: string];

export const fixed = (colour: string): FieldColor => ({ mode: FieldColorModeId.Fixed, fixedColor: colour });
export const byThreshold: FieldColor = { mode: FieldColorModeId.Thresholds };
export const byName: FieldColor = { mode: FieldColorModeId.PaletteClassicByName };

export function thresholds(steps: Step[]): ThresholdsConfig {
  return { mode: ThresholdsMode.Absolute, steps: steps.map(([value, color]) => ({ value, color })) };
}

export const plain: Step[] = [[null, "text"]];
export const noneIsGood: Step[] = [[null, "green"], [1, "red"]];
export const noneIsBetter: Step[] = [[null, "green"], [1, "orange"]];
export const oneIsGood: Step[] = [[null, "red"], [1, "green"]];
export const good: Step[] = [[null, "green"]];
export const asked: Step[] = [[null, "blue"]];
// Restarts within an hour, as the restart drift alert counts them.
// Where zero is neither good nor bad, it is no colour.
export const drifting: Step[] = [[null, "text"], [0.5, "orange"], [3.5, "red"]];
export const lately: Step[] = [[null, "green"], [0.5, "orange"], [3.5, "red"]];

export const causes: Record<string, string> = {
  operator: "blue",
  watch: "light-blue",
  exit_code: "orange",
  memory_limit: "yellow",
  signal: "red",
  fault: "dark-orange",
  oom: "dark-red",
  port_conflict: "purple",
  strayd: "super-light-purple",
  missed: "#c7c7c7",
  unknown: "#8e8e8e",
};

// As the ends of names: "exchange: orphan".
export const owners: Record<string, string> = {
  managed: "green",
  foreign: "orange",
  orphan: "red",
};

export const verdicts: Record<string, string> = {
  pending: "yellow",
  held: "#8e8e8e",
  leftover: "orange",
  stray: "red",
};
