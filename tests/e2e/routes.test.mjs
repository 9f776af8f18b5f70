// Who hears of what: the shipped routes and inhibitions in a real Alertmanager, which
// is told of alerts directly.
import assert from "node:assert/strict";
import test from "node:test";
import { rules } from "../alerts/sources.mjs";
import { startAlertmanager, startReceiver } from "./support/prometheus.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { until } from "./support/wait.mjs";

const severities = Object.fromEntries(rules().filter(({ alert }) => alert)
  .map(({ alert, labels }) => [alert, labels.severity]));

const strayd = (host) => ({ job: "strayd", instance: `${host}:9586`, host });
const home = (host) => ({ ...strayd(host), pm2_home: "/root/.pm2" });
const app = (host, name = "api") => ({ ...home(host), app: name });

async function scene(t) {
  const receiver = await startReceiver(t);
  const alertmanager = await startAlertmanager(t, sandbox(), receiver);
  return {
    receiver,
    // What Alertmanager makes of these alerts, all of them there at once: the names
    // of those that are silenced by others.
    async silenced(alerts) {
      const sent = alerts.map(([alertname, labels]) => ({ ...labels, alertname, severity: severities[alertname] }));
      await alertmanager.tell(sent);
      const same = (a, b) => Object.entries(a).every(([name, value]) => b[name] === value);
      const known = await until("Alertmanager has decided on each", async () => {
        const all = await alertmanager.alerts();
        const found = sent.map((labels) => all.find((one) => same(labels, one.labels)));
        return found.every((one) => one && one.status.state !== "unprocessed") && found;
      });
      return known.filter(({ status }) => status.inhibitedBy.length > 0)
        .map(({ labels }) => `${labels.alertname} ${labels.app ?? labels.host ?? ""}`.trim()).sort();
    },
  };
}

test("a host that is down is all that is heard of it, and silences no other", async (t) => {
  const { silenced, receiver } = await scene(t);
  assert.deepEqual(await silenced([
    ["StraydHostDown", { host: "h1" }],
    ["StraydDown", strayd("h1")],
    ["StraydPM2Silent", home("h1")],
    ["StraydBackendDown", app("h1")],
    ["StraydBackendDown", app("h2", "other")],
    ["StraydTargetsMissing", {}],
    ["StraydBackendDown", { job: "strayd", instance: "h3:9586", pm2_home: "/root/.pm2", app: "without-host" }],
  ]), ["StraydBackendDown api", "StraydDown h1", "StraydPM2Silent h1"]);
  await receiver.hears("firing", { alertname: "StraydHostDown", host: "h1" });
  await receiver.hears("firing", { alertname: "StraydBackendDown", app: "other" });
  assert.equal(receiver.last({ alertname: "StraydBackendDown", app: "api" }), undefined);
});

test("each cause silences its effects on its own host, PM2 and app, and nothing else", async (t) => {
  const { silenced } = await scene(t);
  assert.deepEqual(await silenced([
    ["StraydDown", strayd("h1")],
    ["StraydScansStale", strayd("h1")],
    ["StraydPM2Silent", home("h1")],
    ["StraydOrphanReturns", { ...strayd("h1"), rule: "r" }],
    ["StraydPM2Silent", home("h2")],
    ["StraydBackendDown", app("h2", "of-silent")],
    ["StraydBackendDown", { ...app("h2", "of-another"), pm2_home: "/srv/.pm2" }],
    ["StraydListenerConflict", { ...app("h3", "blocked"), port: "3000" }],
    ["StraydBackendDown", app("h3", "blocked")],
    ["StraydBackendDown", app("h3", "beside")],
    ["StraydConnectionLost", { ...app("h3", "beside"), remote: "exchange" }],
    ["StraydDuplicateSession", { ...app("h3", "beside"), remote: "exchange" }],
  ]), [
    "StraydBackendDown blocked", "StraydBackendDown of-silent", "StraydConnectionLost beside",
    "StraydOrphanReturns h1", "StraydPM2Silent h1", "StraydScansStale h1",
  ]);
});

test("a crash loop is above a slower pace, and harm above the breaker that it opened", async (t) => {
  const { silenced } = await scene(t);
  assert.deepEqual(await silenced([
    ["StraydPM2RestartBurst", app("h1", "loop")],
    ["StraydPM2RestartDrift", app("h1", "loop")],
    ["StraydPM2RestartDrift", app("h1", "slow")],
    ["StraydPM2RestartPeriodic", app("h1", "slow")],
    ["StraydPM2RestartBaseline", app("h1", "slow")],
    ["StraydKillHarmful", strayd("h1")],
    ["StraydBreakerOpen", strayd("h1")],
    ["StraydBreakerOpen", strayd("h2")],
  ]), ["StraydBreakerOpen h1", "StraydPM2RestartBaseline slow", "StraydPM2RestartDrift loop"]);
});

test("severity decides who hears, and one message holds what is wrong with an app of a host", async (t) => {
  const { silenced, receiver } = await scene(t);
  await silenced([
    ["StraydBackendDown", app("h1", "one")],
    ["StraydDuplicateSession", { ...app("h1", "one"), remote: "exchange" }],
    ["StraydBackendDown", app("h1", "two")],
    ["StraydHeldForLong", { ...strayd("h1"), rule: "r" }],
    ["StraydOldVersion", strayd("h1")],
  ]);
  for (const [alertname, who] of [["StraydBackendDown", "page"], ["StraydHeldForLong", "chat"], ["StraydOldVersion", "mail"]]) {
    assert.equal((await receiver.hears("firing", { alertname })).receiver, who);
  }
  const together = await until("both alerts of an app are in one message", () => receiver.messages.find(
    ({ alerts }) => alerts.length === 2));
  assert.deepEqual(together.alerts.map(({ labels }) => [labels.alertname, labels.app]).sort(),
    [["StraydBackendDown", "one"], ["StraydDuplicateSession", "one"]]);
  assert.ok(receiver.messages.every(({ alerts }) => new Set(alerts.map(({ labels }) => labels.app)).size === 1));
});
