// The processes that really serve.
import { drifting, plain } from "../lib/colours";
import { appOfRow, appOfSeries } from "../lib/links";
import { appLabels, behindPm2, onHosts, overall, worst } from "../lib/select";
import { table } from "../lib/table";
import { timeline } from "../lib/timeline";

const up = onHosts("strayd_backend_up");
const ofApps = (expression: string) => `min by (${appLabels}) (${expression})`;
// An app that is stopped now would be the worst for ever.
const stopped = `sum by (${appLabels}) (${onHosts("strayd_pm2_app_instances", 'status="stopped"')} @ end()) > 0`;

export const backends = () => [
  timeline({
    title: "Backends that were down the longest",
    answers: "Which backends were down, and when? The twenty worst of the time that is shown; an app with " +
      "several instances is down when one is. Apps that are stopped now are left out. A gap: nothing was known. A row " +
      "opens the app's page.",
    colours: "**Red**: down. Green: up.",
    width: 14, height: 9, links: [appOfSeries],
  }, { one: "up", zero: "down" }, [{
    expr: worst(ofApps(up), {
      by: appLabels, rank: `${ofApps(overall("avg_over_time", up))} unless (${stopped})`, lowest: true,
    }),
    legend: "{{app}} on {{instance}}",
  }]),
  table({
    title: "Replaced behind PM2's back in the last hour",
    answers: "Which backends were replaced by another process more often than PM2 knows: a watcher that reloads, a " +
      "wrapper that starts its child again? PM2 calls these apps online and counts nothing.",
    colours: "**Red**: four or more in the hour. **Orange**: one to three.",
    unit: "none", steps: plain, width: 10, height: 9,
  }, {
    queries: [`topk(20, ${behindPm2(onHosts, appLabels)}) > 0.5`],
    hidden: ["job", "pm2_home"],
    columns: [
      { field: "app", name: "App", links: [appOfRow] },
      { field: "instance", name: "Host" },
      { field: "Value", name: "Replaced", decimals: 0, steps: drifting, width: 100 },
    ],
    sortBy: "Replaced",
    nothing: "none",
  }),
];
