// Up or down, one row for each of many.
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { MappingType } from "@grafana/grafana-foundation-sdk/dashboard";
import { TooltipDisplayMode, VisibilityMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder }
  from "@grafana/grafana-foundation-sdk/common";
import { byThreshold, oneIsGood } from "./colours";
import { built, dressed, type Said } from "./panel";
import { overTime, type Asked } from "./query";

interface Words {
  one: string;
  zero: string;
}

export function timeline(said: Omit<Said, "unit" | "steps">, { one, zero }: Words, queries: Asked[]) {
  return dressed(new PanelBuilder(), { ...said, unit: "none", steps: oneIsGood }, overTime(queries))
    .colorScheme(built(byThreshold))
    .mappings([{
      type: MappingType.ValueToText,
      options: { 1: { text: one, color: "green", index: 0 }, 0: { text: zero, color: "red", index: 1 } },
    }])
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(85)
    .lineWidth(0)
    .perPage(20)
    .legend(new VizLegendOptionsBuilder().showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
}
