// From a kill to the message that somebody reads, through the real PM2, Prometheus
// and Alertmanager, with the shipped rules and routes. Their minutes are seconds here
// (tests/alerts/quicken.mjs).
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanup } from "./support/cleanup.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { startAlertmanager, startPrometheus, startReceiver } from "./support/prometheus.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, plainServer, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const moody = { ...plainServer, name: "moody", pattern: "moody\\.mjs" };
const longEnough = { within: 150_000 };

async function startApp(box, pm2, name) {
  const port = await freePort();
  await pm2.cli(["start", "moody.mjs", "--name", name], { cwd: box.app("plain"), env: { PORT: String(port) } });
  await pm2.online(name);
  return {
    port,
    exits: () => fetch(`http://127.0.0.1:${port}/exit/3`).catch(() => {}),
    serves: () => until(`${name} listens`, async () => (await fetch(`http://127.0.0.1:${port}/`)).ok),
  };
}

// What cron does each five minutes, sixty times as fast: `stop()` ends it.
function cron(action) {
  let running = true;
  const done = (async () => {
    for (let next = Date.now(); running; await pause(Math.max(0, (next += 5500) - Date.now()))) {
      await action().catch(() => {});
    }
  })();
  return { stop: () => (running = false, done) };
}

function pageOf(alert) {
  const page = basename(alert.annotations.runbook_url);
  return existsSync(join(fileURLToPath(new URL("../../docs/runbooks", import.meta.url)), page));
}

test("what happens to the apps and to strayd reaches the one who is to know, with cause and runbook", async (t) => {
  const box = sandbox();
  const receiver = await startReceiver(t);
  const pm2 = startPm2(t, box);
  const settings = await configure(box, { mode: "observe", rules: [moody] });
  const agent = await startStrayd(t, settings);
  const address = settings.config.web.listen;
  const alertmanager = await startAlertmanager(t, box, receiver);
  const prometheus = await startPrometheus(t, box, alertmanager, { strayd: [address] });
  const api = await startApp(box, pm2, "api");
  const loop = await startApp(box, pm2, "loop");
  await prometheus.scrapes("strayd");
  await until("both apps are scraped", async () => (await prometheus.now(
    'strayd_pm2_app_restarts_total{cause="unknown"}')).length === 2);
  // Each message is of one app on one host: the labels that lead to them.
  const of = { job: "strayd", instance: address, host: "127.0.0.1", pm2_home: pm2.home };
  const kill = cleanup(box);
  const job = cron(async () => kill("-KILL", await pm2.pid("api")));
  t.after(job.stop);

  await t.test("a crash loop wakes somebody, with the app, its cause and a runbook", async () => {
    for (let i = 0; i < 4; ++i) {
      await loop.serves();
      await loop.exits();
      await agent.scans(1);
    }
    const alert = await receiver.hears("firing", { ...of, alertname: "StraydPM2RestartBurst", app: "loop" });
    assert.equal(alert.receiver, "page");
    assert.match(alert.annotations.description, /Causes: exit_code [3-9]/);
    assert.ok(pageOf(alert), alert.annotations.runbook_url);
  });

  await t.test("and it is said when the loop has ended", async () => {
    await receiver.hears("resolved", { ...of, alertname: "StraydPM2RestartBurst", app: "loop" });
  });

  await t.test("a kill at each turn of a cron job is told as drift and as a cadence", async () => {
    for (const alertname of ["StraydPM2RestartDrift", "StraydPM2RestartPeriodic"]) {
      const alert = await receiver.hears("firing", { ...of, alertname, app: "api" }, longEnough);
      assert.equal(alert.receiver, "chat");
      assert.match(alert.annotations.description, /Causes: signal \d+/);
      assert.match(alert.annotations.description, /The last SIGKILL was sent by kill, run by cleanup-old-pro < sh/);
      assert.ok(pageOf(alert), alert.annotations.runbook_url);
    }
    assert.equal(receiver.last({ alertname: "StraydPM2RestartDrift", app: "loop" }), undefined);
  });

  await t.test("a strayd that is gone is told, and silences what it said", async () => {
    await agent.end("SIGKILL");
    const down = await receiver.hears("firing", { alertname: "StraydDown", instance: address });
    assert.equal(down.receiver, "page");
    const drift = await until("its effects are inhibited", async () => (await alertmanager.alerts()).find(
      ({ labels, status }) => labels.alertname === "StraydPM2RestartDrift" && status.state === "suppressed"));
    assert.deepEqual(drift.status.inhibitedBy, [down.fingerprint]);
  });

  await t.test("its return is told as well", async () => {
    await startStrayd(t, settings);
    await receiver.hears("resolved", { alertname: "StraydDown", instance: address });
  });

  await t.test("no rule failed in all that time", async () => {
    const bad = (await prometheus.rules()).filter(({ health }) => health !== "ok");
    assert.deepEqual(bad.map(({ name, lastError }) => `${name}: ${lastError}`), []);
  });
});
