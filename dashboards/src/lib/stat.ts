// Numbers to be read from the door.
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { BigValueColorMode, BigValueGraphMode, BigValueTextMode, ReduceDataOptionsBuilder }
  from "@grafana/grafana-foundation-sdk/common";
import { byThreshold, thresholds, type Step } from "./colours";
import { built, dressed, type Said } from "./panel";
import { now } from "./query";

export interface Value {
  name: string;
  expr: string;
  // Where it is judged otherwise than the panel's others.
  steps?: Step[];
  unit?: string;
}

// Without data it says so: what nobody sees is not 0.
export function stat(said: Omit<Said, "height">, values: Value[]) {
  const targets = now(values.map(({ expr, name }) => ({ expr, legend: name })));
  const panel = dressed(new PanelBuilder(), { height: 4, ...said }, targets)
    .colorScheme(built(byThreshold))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(values.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .decimals(0)
    .noValue("not seen");
  for (const { name, steps, unit } of values) {
    const properties = [
      ...(steps ? [{ id: "thresholds", value: thresholds(steps) }] : []),
      ...(unit ? [{ id: "unit", value: unit }] : []),
    ];
    if (properties.length > 0) panel.overrideByName(name, properties);
  }
  return panel;
}
