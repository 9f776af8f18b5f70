// Drift: what restarts, how often, and why.
import { causes, drifting, plain } from "../lib/colours";
import { appOfRow } from "../lib/links";
import { coloured } from "../lib/panel";
import { appLabels, notByOperator, onHosts, rises } from "../lib/select";
import { bars } from "../lib/series";
import { table } from "../lib/table";

const counted = "strayd_pm2_app_restarts_total";

export const restarts = () => [
  coloured(bars({
    title: "Restarts by cause",
    answers: "When did apps restart, and why? An even row of bars is drift: something restarts them at a steady pace. " +
      "A tall bar beside a blue mark is a deploy. Each bar counts one step, five minutes or more.",
    colours: "No threshold: blue is an operator, light blue a watched file; warm colours are what nobody asked for.",
    unit: "none", steps: plain, width: 14, height: 9,
  }, [
    { expr: `sum by (cause) (${rises(onHosts(counted))})`, legend: "{{cause}}" },
  ]), causes),
  table({
    title: "What restarted in the last hour",
    answers: "Which apps restarted on which host, and why? The twenty highest counts, operators left out. An app's " +
      "name opens its page.",
    colours: "**Red**: four or more in the hour. **Orange**: one to three.",
    unit: "none", steps: plain, width: 10, height: 9,
  }, {
    queries: [
      `topk(20, sum by (${appLabels}, cause) (${rises(onHosts(counted, notByOperator), "1h")})) > 0.5`,
    ],
    hidden: ["job", "pm2_home"],
    columns: [
      { field: "app", name: "App", links: [appOfRow] },
      { field: "instance", name: "Host" },
      { field: "cause", name: "Cause", width: 120 },
      { field: "Value", name: "Restarts", decimals: 0, steps: drifting, width: 100 },
    ],
    sortBy: "Restarts",
    nothing: "none",
  }),
];
