// The first row: is anything wrong, read from the door.
import { asked, good, lately, noneIsBetter, noneIsGood } from "../lib/colours";
import { stat } from "../lib/stat";
import { down, notByOperator, ofAgents, onHosts, orphaned, rises } from "../lib/select";

const restarts = (matchers: string) => `sum(${rises(onHosts("strayd_pm2_app_restarts_total", matchers), "1h")})`;

export const now = () => [
  stat({
    title: "Backends",
    answers: "How many backends serve, and how many do not although nobody stopped them? The process at the end of " +
      "the chain counts, not the wrapper that PM2 calls online. Of a PM2 that is silent nothing is counted.",
    colours: "**Red**: a backend is down. Green: all that are seen are up.",
    unit: "none", steps: noneIsGood, width: 5,
  }, [
    { name: "down", expr: down(onHosts) },
    { name: "up", expr: `sum(${onHosts("strayd_backend_up")})`, steps: good },
  ]),
  stat({
    title: "Restarts, last hour",
    answers: "Do apps restart that nobody restarted? PM2's count rises by deploys as well; here the operator's own " +
      "restarts stand apart.",
    colours: "**Red**: four or more in an hour that nobody asked for, as the restart drift alert says. " +
      "**Orange**: one to three. Green: none. Blue: by operators, for comparison; no threshold.",
    unit: "none", steps: lately, width: 5,
  }, [
    { name: "not by an operator", expr: restarts(notByOperator) },
    { name: "by operators", expr: restarts('cause="operator"'), steps: asked },
  ]),
  stat({
    title: "Orphans now",
    answers: "How many processes has nobody any more (stray, leftover), and how many does strayd not dare to judge " +
      "(held), because evidence is missing?",
    colours: "**Red**: there are orphans. **Orange**: something is held. Green: none.",
    unit: "none", steps: noneIsGood, width: 4,
  }, [
    { name: "orphans", expr: `sum(${onHosts("strayd_candidates", orphaned)})` },
    { name: "held", expr: `sum(${onHosts("strayd_candidates", 'verdict="held"')})`, steps: noneIsBetter },
  ]),
  stat({
    title: "Breaker and mode",
    answers: "On how many hosts has strayd sent itself back to observing, after harm or a spent budget, until " +
      "`strayd breaker close`? On how many was it told to only observe?",
    colours: "**Red**: a breaker is open. Blue: hosts in observe mode, as configured; no threshold. Green: none open.",
    unit: "none", steps: noneIsGood, width: 4,
  }, [
    { name: "breakers open", expr: `sum(${onHosts("strayd_breaker_open")})` },
    { name: "only observe", expr: `sum(${onHosts("strayd_enforcing")} == bool 0)`, steps: asked },
  ]),
  stat({
    title: "PM2 silent",
    answers: "How many PM2 daemons were seen and do not answer now? What they may own is held, and nothing is known " +
      "of their apps.",
    colours: "**Red**: at least one is silent. Green: all that were seen answer.",
    unit: "none", steps: noneIsGood, width: 3,
  }, [
    { name: "silent", expr: `sum(${onHosts("strayd_pm2_up")} == bool 0)` },
  ]),
  stat({
    title: "strayd away",
    answers: "Of how many hosts is this page blind: their strayd can't be scraped, but could within the last day, or " +
      "they had no good scan for five minutes?",
    colours: "**Red**: at least one is. Green: all are seen.",
    unit: "none", steps: noneIsGood, width: 3,
  }, [
    { name: "down", expr: `sum(${ofAgents(`(${onHosts("up")} == bool 0)`)})` },
    { name: "stale", expr: `sum(changes(${onHosts("strayd_last_scan_timestamp_seconds")}[5m]) < bool 0.5)` },
  ]),
];
