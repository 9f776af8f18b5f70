// What Grafana's app registers at its start and its packages leave out: the
// standard options of a field, and the panels' own.
import {
  displayNameOverrideProcessor, identityOverrideProcessor, numberOverrideProcessor, PanelPlugin,
  standardEditorsRegistry, standardFieldConfigEditorRegistry, standardTransformers, standardTransformersRegistry,
  stringOverrideProcessor, thresholdsOverrideProcessor, unitOverrideProcessor, valueMappingsOverrideProcessor,
} from "@grafana/data";

const option = (id: string, process: any) => ({
  id, path: id, name: id, process, override: null, editor: null, settings: {},
  shouldApply: () => true, getItemsCount: () => 0,
});

const standard: Record<string, any> = {
  unit: unitOverrideProcessor, min: numberOverrideProcessor, max: numberOverrideProcessor,
  decimals: numberOverrideProcessor, displayName: displayNameOverrideProcessor, noValue: stringOverrideProcessor,
  thresholds: thresholdsOverrideProcessor, mappings: valueMappingsOverrideProcessor, color: identityOverrideProcessor,
  links: identityOverrideProcessor, filterable: identityOverrideProcessor,
};

const custom = [
  "drawStyle", "lineInterpolation", "lineWidth", "fillOpacity", "gradientMode", "lineStyle", "spanNulls", "showPoints",
  "pointSize", "stacking", "axisPlacement", "axisLabel", "axisSoftMin", "axisSoftMax", "scaleDistribution", "hideFrom",
  "thresholdsStyle", "barAlignment", "barWidthFactor", "barMaxWidth", "width", "align", "cellOptions", "inspect", "hidden",
];

standardEditorsRegistry.setInit(() => []);
standardFieldConfigEditorRegistry.setInit(() =>
  Object.entries(standard).map(([id, process]) => option(id, process)) as any);
// Some are listed twice, under an old name.
const transformers = new Map(Object.values(standardTransformers).map((each: any) => [each.id, each]));
standardTransformersRegistry.setInit(() => [...transformers.values()].map((each) => ({
  id: each.id, name: each.name, transformation: async () => each, editor: null,
}) as any));

export const registry = new PanelPlugin(null as any).useFieldConfig({
  useCustomConfig: (builder: any) => custom.forEach((id) => builder.addCustomEditor({
    id, path: id, name: id, override: null, editor: null, process: identityOverrideProcessor, shouldApply: () => true,
  })),
}).fieldConfigRegistry as any;
