// Why an app restarted: each cause is made to happen for real, and exactly that
// one rises by exactly that many. PM2's own count is the oracle of the sum.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { forEver, npmRun, serves } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, plainServer, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const causes = [
  "operator", "watch", "memory_limit", "exit_code", "signal", "fault", "oom",
  "port_conflict", "strayd", "missed", "unknown",
];
const moody = { ...plainServer, name: "moody", pattern: "moody\\.mjs" };

// An app under PM2, and how strayd counts its restarts.
async function startMoody(box, pm2, agent, name, options = [], { instances = 1, script = "moody.mjs" } = {}) {
  const port = await freePort();
  await pm2.cli(["start", script, "--name", name, ...options], {
    cwd: box.app("plain"), env: { PORT: String(port) },
  });
  await pm2.online(name, instances);
  return moodyApp(pm2, agent, name, port, instances);
}

function moodyApp(pm2, agent, name, port, instances) {
  const app = {
    name,
    pm2,
    ask: (path) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) }).catch(() => {}),
    pid: () => pm2.pid(name),
    async counts() {
      const text = await agent.metrics();
      return Object.fromEntries(causes.map((cause) => [cause, agent.sample(text, "strayd_pm2_app_restarts_total",
        { pm2_home: pm2.home, app: name, cause }) ?? 0]));
    },
    async total() {
      return Object.values(await app.counts()).reduce((sum, count) => sum + count, 0);
    },
    // It is up, seen by strayd in its newest launch, and held by it.
    async isKnown() {
      await pm2.online(name, instances);
      await until(`${name} listens`, () => app.ask("/").then((answer) => answer?.ok));
      await agent.scans(2);
    },
    // Does it, and sees that cause alone rise by that many.
    async restartsBy(cause, count, action) {
      await app.isKnown();
      const before = await app.counts();
      const counted = await pm2.restarts(name);
      await action();
      await until(`PM2 counts ${count} more`, async () => (await pm2.restarts(name)) === counted + count);
      await until(`strayd counts ${count} more`, async () =>
        (await app.total()) === Object.values(before).reduce((a, b) => a + b, 0) + count);
      assert.deepEqual(await app.counts(), { ...before, [cause]: before[cause] + count }, cause);
    },
  };
  return app;
}

async function scene(t, more = {}) {
  const box = sandbox();
  const pm2 = startPm2(t, box, { env: { PM2_WORKER_INTERVAL: "1000" } });
  const settings = await configure(box, { mode: "observe", rules: [moody], ...more });
  const agent = await startStrayd(t, settings);
  return { box, pm2, settings, agent };
}

test("each cause of a restart is counted as what it is", async (t) => {
  const { box, pm2, agent } = await scene(t);
  const app = await startMoody(box, pm2, agent, "moody");
  await t.test("an operator's restart", () =>
    app.restartsBy("operator", 1, () => pm2.cli(["restart", "moody"])));
  await t.test("an operator's reload", () =>
    app.restartsBy("operator", 1, () => pm2.cli(["reload", "moody"])));
  await t.test("a start of what runs already", () =>
    app.restartsBy("operator", 1, () => pm2.cli(["start", "moody"])));
  await t.test("an exit with a code", () => app.restartsBy("exit_code", 1, () => app.ask("/exit/3")));
  await t.test("an exit with code 0", () => app.restartsBy("exit_code", 1, () => app.ask("/exit/0")));
  await t.test("SIGKILL", () => app.restartsBy("signal", 1, async () => process.kill(await app.pid(), "SIGKILL")));
  await t.test("SIGTERM", () => app.restartsBy("signal", 1, async () => process.kill(await app.pid(), "SIGTERM")));
  await t.test("SIGINT, of which PM2 says nothing", () =>
    app.restartsBy("signal", 1, async () => process.kill(await app.pid(), "SIGINT")));
  await t.test("process.abort()", () => app.restartsBy("fault", 1, () => app.ask("/abort")));
  assert.equal(await app.total(), await pm2.restarts("moody"));
  const heap = await startMoody(box, pm2, agent, "heap", ["--node-args", "--max-old-space-size=40"]);
  await t.test("more than node's heap may have", () => heap.restartsBy("fault", 1, () => heap.ask("/heap")));
});

test("a change that PM2 watches for, a memory limit and a rolling reload are told apart", async (t) => {
  const { box, pm2, agent } = await scene(t);
  const watched = join(box.app("plain"), "watched");
  mkdirSync(watched);
  const watcher = await startMoody(box, pm2, agent, "watcher", ["--watch", "watched"]);
  await t.test("a watched file changes", () =>
    watcher.restartsBy("watch", 1, () => writeFileSync(join(watched, "file"), "changed")));
  const eater = await startMoody(box, pm2, agent, "eater", ["--max-memory-restart", "150M"]);
  await t.test("it takes more memory than PM2 allows", () =>
    eater.restartsBy("memory_limit", 1, () => eater.ask("/grow")));
  const cluster = await startMoody(box, pm2, agent, "cluster", ["-i", "2"], { instances: 2 });
  await t.test("a reload of two workers", () =>
    cluster.restartsBy("operator", 2, () => pm2.cli(["reload", "cluster"])));
  assert.equal(await agent.metric("strayd_pm2_app_restarts_total", { cause: "unknown" }), 0);
});

test("the sum is exact although the event bus is cut off in the middle", async (t) => {
  const { box, pm2, agent, settings } = await scene(t);
  const app = await startMoody(box, pm2, agent, "moody");
  const bus = join(pm2.home, "pub.sock");
  const listen = async (events) => {
    writeFileSync(settings.file, JSON.stringify({ ...settings.config, pm2: { ...settings.config.pm2, events } }));
    const before = await agent.metric("strayd_config_last_reload_success_timestamp_seconds");
    agent.child.kill("SIGHUP");
    await until("the configuration is reloaded", async () =>
      (await agent.metric("strayd_config_last_reload_success_timestamp_seconds")) > before);
  };
  const restart = async (count) => {
    for (let i = 0; i < count; ++i) await pm2.cli(["restart", "moody"]);
  };
  await app.restartsBy("operator", 3, () => restart(3));
  renameSync(bus, `${bus}.away`);
  await listen(false);
  await listen(true);
  await app.restartsBy("unknown", 4, () => restart(4));
  renameSync(`${bus}.away`, bus);
  await app.isKnown();
  await app.restartsBy("operator", 3, () => restart(3));
  assert.equal(await app.total(), 10);
});

test("counters never fall and never invent, whatever PM2 does to its own", async (t) => {
  const { box, pm2, agent } = await scene(t);
  const app = await startMoody(box, pm2, agent, "moody");
  const resets = () => agent.metric("strayd_pm2_counter_resets_total", { pm2_home: pm2.home, app: "moody" });
  await app.restartsBy("operator", 2, async () => {
    await pm2.cli(["restart", "moody"]);
    await pm2.cli(["restart", "moody"]);
  });
  await t.test("a reset", async () => {
    await pm2.cli(["reset", "moody"]);
    await until("the reset is seen", async () => (await resets()) === 1);
    assert.equal(await app.total(), 2);
    await app.restartsBy("operator", 1, () => pm2.cli(["restart", "moody"]));
  });
  await t.test("scaled up and down", async () => {
    const cluster = await startMoody(box, pm2, agent, "cluster", ["-i", "1"]);
    await cluster.restartsBy("operator", 1, () => pm2.cli(["restart", "cluster"]));
    await pm2.cli(["scale", "cluster", "3"]);
    await pm2.online("cluster", 3);
    await agent.scans(2);
    await pm2.cli(["scale", "cluster", "1"]);
    await pm2.online("cluster", 1);
    await agent.scans(2);
    assert.equal(await cluster.total(), 1);
  });
  await t.test("deleted and started again", async () => {
    const total = await app.total();
    await pm2.cli(["delete", "moody"]);
    await agent.scans(2);
    const again = await startMoody(box, pm2, agent, "moody");
    await again.isKnown();
    assert.equal(await again.total(), total);
    await again.restartsBy("operator", 1, () => pm2.cli(["restart", "moody"]));
  });
  await t.test("one name in two namespaces", async () => {
    const other = await startMoody(box, pm2, agent, "twin", ["--namespace", "blue"]);
    await agent.scans(2);
    const count = async (name) => (await agent.metric("strayd_pm2_app_restarts_total", { app: name })) ?? 0;
    await pm2.cli(["restart", "twin"]);
    await until("it is counted", async () => (await count("blue/twin")) === 1);
    assert.equal(await count("twin"), 0);
    assert.equal(other.name, "twin");
  });
  await t.test("a name that reads like another's namespace", async () => {
    await startMoody(box, pm2, agent, "green/api");
    await startMoody(box, pm2, agent, "api", ["--namespace", "green"]);
    await agent.scans(2);
    const count = async (name) => (await agent.metric("strayd_pm2_app_restarts_total", { app: name })) ?? 0;
    await pm2.cli(["restart", "green/api"]);
    await until("it is counted", async () => (await count("default/green/api")) === 1);
    assert.equal(await count("green/api"), 0);
  });
});

test("restarts while strayd was away are counted when it is back", async (t) => {
  const { box, pm2, settings, agent } = await scene(t);
  const app = await startMoody(box, pm2, agent, "moody");
  await app.restartsBy("operator", 1, () => pm2.cli(["restart", "moody"]));
  await agent.end();
  await pm2.cli(["restart", "moody"]);
  const again = await startStrayd(t, settings);
  await again.scans(1);
  const counted = (cause) => again.metric("strayd_pm2_app_restarts_total", { app: "moody", cause });
  assert.equal(await counted("operator"), 1);
  assert.equal(await counted("missed"), 1);
  assert.equal(await counted("unknown"), 0);
});

test("a deploy near strayd's start is never called unknown", async (t) => {
  const { box, pm2, settings, agent } = await scene(t);
  await startMoody(box, pm2, agent, "cluster", ["-i", "4"], { instances: 4 });
  await agent.end();
  let reloads = 0;
  for (const delay of [0, 1000, 3000]) {
    await t.test(`a reload ${delay} ms after it`, async (t) => {
      const again = await startStrayd(t, settings);
      await pause(delay);
      await pm2.cli(["reload", "cluster"]);
      ++reloads;
      const counted = async (cause) =>
        (await again.metric("strayd_pm2_app_restarts_total", { app: "cluster", cause })) ?? 0;
      const sum = async () => {
        let all = 0;
        for (const cause of causes) all += await counted(cause);
        return all;
      };
      await until("all are counted", async () => (await sum()) === 4 * reloads);
      assert.equal(await counted("missed") + await counted("operator"), 4 * reloads);
      await again.end();
    });
  }
});

test("an orphan on the port is named as the reason, and the loop stops with its end", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const observer = await startStrayd(t, await configure(box, { name: "watching", mode: "observe" }));
  const backend = await npmRun(box, pm2, exchange, "start", "api", forEver);
  const old = await serves(backend.port);
  await observer.scans(2);

  process.kill(await pm2.pid("api"), "SIGKILL");
  const conflicts = (agent) => agent.metric("strayd_pm2_app_restarts_total", { app: "api", cause: "port_conflict" });
  await until("port conflicts are counted", async () => (await conflicts(observer)) >= 2);
  // At first PM2 may yet end it itself, and it is held.
  const conflict = await until("it is an orphan", async () =>
    (await observer.status()).port_conflicts.find(({ owner }) => owner === "orphan"));
  assert.equal(conflict.app, "api");
  assert.equal(conflict.port, backend.port);
  assert.equal(conflict.holder.pid, old);
  assert.equal(await observer.metric("strayd_backend_listeners",
    { app: "api", port: String(backend.port), owner: "orphan" }), 1);
  await observer.end();

  const agent = await startStrayd(t, await configure(box));
  await until("the app serves again", async () => (await serves(backend.port)) !== old);
  await until("strayd sees it", async () => (await agent.metric("strayd_backend_listeners",
    { app: "api", port: String(backend.port), owner: "managed" })) === 1);
  const restarts = await pm2.restarts("api");
  await agent.scans(3);
  assert.equal(await pm2.restarts("api"), restarts, "the loop has stopped");
  assert.deepEqual((await agent.status()).port_conflicts, []);
});
