#!/usr/bin/env node
// Does each rule see what it is for? Every row spoils a good dashboard in one
// way, and one rule must object that did not before.
import assert from "node:assert/strict";
import test from "node:test";
import { annotationsOf, committed, panelsOf, variablesOf } from "./files.mjs";
import { rules } from "./rules.mjs";
import { objections } from "./schema.mjs";

const good = () => structuredClone(committed().find(({ name }) => name === "app").dashboard);
const firstOf = (type) => (dashboard) => panelsOf(dashboard).find((panel) => panel.type === type);
const graph = firstOf("timeseries");
const stat = firstOf("stat");
const variable = (dashboard, wanted) => variablesOf(dashboard).find(({ name }) => name === wanted);
const ask = (expr) => (dashboard) => (graph(dashboard).targets[0].expr = expr);
const everywhere = '{job=~"$job", instance=~"$instance"}';

const spoilt = {
  "template-datasource-rule": (d) => (variable(d, "datasource").label = "Source"),
  "template-job-rule": (d) => (variable(d, "job").allValue = ".*"),
  "template-instance-rule": (d) => (variable(d, "instance").multi = false),
  "template-label-promql-rule": (d) => (variable(d, "app").query = "label_values(up{, app)"),
  "template-on-time-change-reload-rule": (d) => (variable(d, "app").refresh = 1),
  "panel-datasource-rule": (d) => (graph(d).targets[0].datasource.uid = "prometheus-1"),
  "panel-title-description-rule": (d) => (graph(d).description = ""),
  "panel-units-rule": (d) => (graph(d).fieldConfig.defaults.unit = "second"),
  "panel-no-targets-rule": (d) => (graph(d).targets = []),
  "target-promql-rule": ask(`sum(strayd_zombies${everywhere}`),
  "target-rate-interval-rule": ask(`rate(strayd_scans_total${everywhere}[5m])`),
  "target-counter-agg-rule": ask(`sum(strayd_scans_total${everywhere})`),
  "target-job-rule": ask('strayd_zombies{instance=~"$instance"}'),
  "target-instance-rule": ask('strayd_zombies{job=~"$job", instance="$instance"}'),
  "uneditable-dashboard-rule": (d) => (d.editable = true),
  "uid": (d) => (d.uid = "f3k2"),
  "title": (d) => (d.title = "New dashboard"),
  "tags": (d) => (d.tags = []),
  "schema-version": (d) => (d.schemaVersion = 39),
  "no-trace-of-a-server": (d) => (d.id = 12),
  "panel-ids": (d) => (d.panels[2].id = d.panels[1].id),
  "grid": (d) => (d.panels[2].gridPos.x -= 1),
  "thresholds": (d) => delete graph(d).fieldConfig.defaults.thresholds,
  "colours-are-told": (d) => stat(d).fieldConfig.defaults.thresholds.steps.push({ value: 9, color: "purple" }),
  "window-is-told": ask(`increase(strayd_scans_total${everywhere}[1h])`),
  "legend": (d) => (graph(d).targets[0].legendFormat = ""),
  "annotation-is-an-event": (d) => (annotationsOf(d)[0].target.expr += " * 1"),
  "annotations": (d) => annotationsOf(d).shift(),
  "variables-are-known": (d) => variablesOf(d).pop(),
  "links": (d) => (graph(d).fieldConfig.defaults.links = [{ title: "a", url: "/d/other?x=1" }]),
};

test("there is a spoilt dashboard for every rule", () =>
  assert.deepEqual(Object.keys(spoilt).sort(), Object.keys(rules).sort()));

for (const [rule, spoil] of Object.entries(spoilt)) {
  test(`${rule} objects to what it is for`, () => {
    const dashboard = good();
    assert.deepEqual(rules[rule](dashboard), []);
    spoil(dashboard);
    assert.notDeepEqual(rules[rule](dashboard), []);
  });
}

const unlikeTheSchema = {
  "an option that is misspelt": (d) => (graph(d).fieldConfig.defaults.custom.lineWidht = 2),
  "an override of nothing": (d) => graph(d).fieldConfig.overrides.push(
    { matcher: { id: "byName", options: "x" }, properties: [{ id: "custom.lineWidht", value: 2 }] }),
  "a word that Grafana does not know": (d) => (stat(d).options.colorMode = "backdrop"),
  "a number where a text belongs": (d) => (graph(d).title = 5),
  "a key of a query that is none": (d) => (graph(d).targets[0].legend = "x"),
  "a panel of an unknown kind": (d) => (graph(d).type = "graph"),
  "a variable that is refreshed by a word": (d) => (variable(d, "app").refresh = "always"),
  "an annotation without a name": (d) => delete annotationsOf(d)[0].name,
};

test("the schema refuses what Grafana would not know", () => {
  const dashboards = Object.entries(unlikeTheSchema).map(([what, spoil], index) => {
    const dashboard = good();
    spoil(dashboard);
    return { name: `spoilt-${index}`, dashboard, what };
  });
  const said = objections([{ name: "good", dashboard: good() }, ...dashboards]);
  assert.doesNotMatch(said, /good\.ts/);
  for (const { name, what } of dashboards) assert.match(said, new RegExp(`${name}\\.ts`), what);
});
