// What strayd found, what it did, and what it left alone.
import { plain, verdicts } from "../lib/colours";
import { coloured } from "../lib/panel";
import { onHosts, rises } from "../lib/select";
import { areas, bars } from "../lib/series";

const risen = (by: string, metric: string) => `sum by (${by}) (${rises(onHosts(metric))})`;
const size = { unit: "none", steps: plain, height: 9 };

export const orphans = () => [
  coloured(areas({
    ...size, width: 6,
    title: "Orphans and what may become one",
    answers: "How many processes are orphans, how many are still pending, how many does strayd hold because evidence " +
      "is missing? A level that stays is an orphan that nobody ends.",
    colours: "No threshold: red and orange are orphans, yellow waits, grey is held.",
  }, [{
    expr: `sum by (verdict) (${onHosts("strayd_candidates", 'verdict=~"pending|held|leftover|stray"')})`,
    legend: "{{verdict}}",
  }]), verdicts),
  coloured(bars({
    ...size, width: 4,
    title: "Orphans ended",
    answers: "How many orphaned processes ended after which signal of strayd's?",
    colours: "No threshold: red had to be killed, because they outlived SIGTERM.",
  }, [
    { expr: risen("signal", "strayd_orphans_killed_total"), legend: "{{signal}}" },
  ]), { SIGTERM: "purple", SIGKILL: "red" }),
  coloured(bars({
    ...size, width: 8,
    title: "What went wrong with kills",
    answers: "Did a kill harm an app, did an orphan tree come back within ten minutes, was a process spared or not " +
      "ended at the last look (the other words say why)?",
    colours: "No threshold: any bar is worth a look in the audit ledger, red first.",
  }, [
    { expr: `sum(${rises(onHosts("strayd_kills_harmful_total"))})`, legend: "harmed an app" },
    { expr: `sum(${rises(onHosts("strayd_orphans_returned_total"))})`, legend: "came back" },
    { expr: risen("reason", "strayd_orphan_kill_failures_total"), legend: "{{reason}}" },
  ]), { "harmed an app": "red", "came back": "orange" }),
  bars({
    ...size, width: 6,
    title: "Left alone on purpose",
    answers: "Why are ripe orphan trees not ended? Each scan counts each such tree once, so that the height tells how " +
      "many there are and how long, not how many trees.",
    colours: "No threshold: `observing` is expected in observe mode, `over_budget` and `breaker_open` never are.",
  }, [
    { expr: risen("reason", "strayd_kills_withheld_total"), legend: "{{reason}}" },
  ]),
];
