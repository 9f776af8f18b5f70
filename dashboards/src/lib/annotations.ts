// What happened, as marks on everything that is drawn over time.
import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { source } from "./query";

interface Marks {
  name: string;
  colour: string;
  expr: string;
  title: string;
  text: string;
  tags: string[];
  shown?: boolean;
}

const step = "60s";

// A mark is where the expression has a value, so that it must end in "> 0".
function marks({ name, colour, expr, title, text, tags, shown = true }: Marks) {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(source)
    .enable(shown)
    .iconColor(colour)
    .expr(expr)
    .step(step)
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(tags.join(","))
    .target(new DataqueryBuilder().refId("Anno").datasource(source).expr(expr).interval(step).range());
}

// The rises of these, summed by these labels. A fleet that is deployed at once
// gets a handful of marks, not hundreds of them at one place.
const rose = (selected: string, by: string) =>
  `topk(5, sum by (${by}) (increase(${selected}[$__rate_interval]))) > 0`;

type Select = (metric: string, matchers?: string) => string;

export const deploys = (select: Select) => marks({
  name: "Deploys (operator restarts)",
  colour: "blue",
  expr: rose(select("strayd_pm2_app_restarts_total", 'cause="operator"'), "app"),
  title: "{{app}} was restarted by an operator",
  text: "PM2 was asked to: restart, reload, start, deploy",
  tags: ["app"],
});

export const restartsName = "Restarts (not by an operator)";
export const restarts = (select: Select, shown: boolean) => marks({
  name: restartsName,
  colour: "orange",
  expr: rose(select("strayd_pm2_app_restarts_total", 'cause!~"operator|missed"'), "app, cause"),
  title: "{{app}} restarted: {{cause}}",
  text: "Nobody asked PM2 to",
  tags: ["app", "cause"],
  shown,
});

export const kills = (select: Select) => marks({
  name: "Kills",
  colour: "purple",
  expr: rose(select("strayd_orphans_killed_total"), "instance, rule, signal"),
  title: "strayd ended orphans of rule {{rule}}",
  text: "{{signal}} on {{instance}}",
  tags: ["rule", "signal"],
});

export const harm = (select: Select) => marks({
  name: "Harm",
  colour: "red",
  expr: rose(select("strayd_kills_harmful_total"), "instance"),
  title: "A kill harmed an app",
  text: "The breaker of {{instance}} opened: strayd breaker status",
  tags: ["instance"],
});
