// What changes over time: lines for what is, bars for what happened.
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import {
  GraphDrawStyle, GraphThresholdsStyleConfigBuilder, GraphThresholdsStyleMode, LegendDisplayMode, LegendPlacement,
  LineInterpolation, SortOrder, StackingConfigBuilder, StackingMode, TooltipDisplayMode, VisibilityMode,
  VizLegendOptionsBuilder, VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { byName } from "./colours";
import { built, dressed, type Said } from "./panel";
import { overTime, type Asked } from "./query";

const legend = () => new VizLegendOptionsBuilder()
  .showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom);
const tooltip = () => new VizTooltipOptionsBuilder()
  .mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
const stacked = () => new StackingConfigBuilder().mode(StackingMode.Normal).group("A");

function graph(said: Said, queries: Asked[]) {
  return dressed(new PanelBuilder(), said, overTime(queries))
    .colorScheme(built(byName))
    .legend(legend())
    .tooltip(tooltip())
    .showPoints(VisibilityMode.Never)
    .min(0);
}

// A gap is a gap: what strayd did not know is not joined up.
export function lines(said: Said, queries: Asked[]) {
  const panel = graph(said, queries)
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(8)
    .spanNulls(false);
  if (said.steps.length > 1) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

// Counts, which leap and do not slope.
export const levels = (said: Said, queries: Asked[]) => lines(said, queries)
  .lineInterpolation(LineInterpolation.StepAfter)
  .axisSoftMax(1)
  .decimals(0);

export const areas = (said: Said, queries: Asked[]) => levels(said, queries)
  .stacking(stacked())
  .lineWidth(1)
  .fillOpacity(60);

// One bar is one step, at least five minutes: $__rate_interval is then a step and
// one scrape, so that what happened is in one bar, or at times in two.
export const bars = (said: Said, queries: Asked[]) => graph(said, queries)
  .interval("5m")
  .drawStyle(GraphDrawStyle.Bars)
  .stacking(stacked())
  .lineWidth(0)
  .fillOpacity(90)
  .barWidthFactor(0.8)
  .axisSoftMax(1)
  .decimals(0);
