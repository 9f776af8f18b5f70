// A dashboard of rows, in the form that Grafana stores.
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardBuilder, DashboardCursorSync, RowBuilder,
  type AnnotationQuery, type Dashboard, type Panel, type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { others, tag } from "./links";

export interface Row {
  title: string;
  panels: Builder<Panel>[];
}

interface Page {
  uid: string;
  title: string;
  description: string;
  variables: Builder<VariableModel>[];
  annotations: Builder<AnnotationQuery>[];
  // Marks that would hide what a small panel draws, and the panels that have them.
  onlyOn?: Record<string, string[]>;
  rows: Row[];
}

// The SDK writes defaults that Grafana's schema has no more, and would put links
// and marks away in a menu that only the newest Grafana has.
function cleaned(dashboard: Dashboard): Dashboard {
  for (const each of [...dashboard.links ?? [], ...dashboard.annotations.list ?? []]) delete each.placement;
  for (const variable of dashboard.templating.list ?? []) {
    delete variable.auto;
    delete variable.auto_min;
    delete variable.auto_count;
  }
  for (const panel of dashboard.panels ?? []) {
    if (panel.type === "table") delete (panel as Panel).options.footer;
  }
  return dashboard;
}

function numbered(dashboard: Dashboard): Dashboard {
  dashboard.panels?.forEach((panel, index) => (panel.id = index + 1));
  return dashboard;
}

function narrowed(dashboard: Dashboard, onlyOn: Record<string, string[]>): Dashboard {
  for (const annotation of dashboard.annotations.list ?? []) {
    const titles = onlyOn[annotation.name];
    if (!titles) continue;
    const ids = (dashboard.panels ?? []).filter(({ title = "" }) => titles.includes(title)).map(({ id = 0 }) => id);
    annotation.filter = { exclude: false, ids };
  }
  return dashboard;
}

export function page({ uid, title, description, variables, annotations, onlyOn = {}, rows }: Page): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .readonly()
    .timezone("browser")
    .time({ from: "now-6h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables)
    .annotations(annotations)
    .link(others());
  for (const { title: row, panels } of rows) {
    builder.withRow(new RowBuilder(row));
    for (const panel of panels) builder.withPanel(panel);
  }
  return narrowed(numbered(cleaned(builder.build())), onlyOn);
}
