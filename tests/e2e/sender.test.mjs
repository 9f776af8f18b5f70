// Who ended it: a script that runs again and again kills the backend with plain
// `kill`, and is named everywhere; what an app does to itself is not put down to
// anybody else. Where BPF may not be used, nobody is named.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { promisify } from "node:util";
import { forEver } from "./support/backends.mjs";
import { cleanup } from "./support/cleanup.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { auditOf, configure, startStrayd } from "./support/strayd.mjs";
import { unit } from "./support/unit.mjs";
import { until } from "./support/wait.mjs";

const run = promisify(execFile);
const moody = { name: "moody", pattern: "moody\\.mjs", exe: "node", grace: "3s" };
const info = "strayd_pm2_app_last_sender_info";

async function scene(t, { script = "moody.mjs", env = {}, options = [], as } = {}) {
  const box = sandbox();
  const pm2 = startPm2(t, box, { env: { PM2_WORKER_INTERVAL: "1000" } });
  const settings = await configure(box, { mode: "observe", rules: [moody], as });
  const agent = await startStrayd(t, settings);
  const port = await freePort();
  await pm2.cli(["start", script, "--name", "api", ...forEver, ...options],
    { cwd: box.app("plain"), env: { PORT: String(port), ...env } });
  const ask = (path) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) }).catch(() => {});
  const counts = async (cause) => (await agent.metric("strayd_pm2_app_restarts_total", { app: "api", cause })) ?? 0;
  const known = async () => {
    await pm2.online("api", 1);
    await until("it listens", () => ask("/").then((answer) => answer?.ok));
    await agent.scans(2);
  };
  // What it does is one restart of that cause, and of no other.
  const restartsBy = async (cause, action) => {
    await known();
    const before = await counts(cause);
    const all = await pm2.restarts("api");
    await action();
    await until(`a restart by ${cause}`, async () => (await counts(cause)) === before + 1);
    assert.equal(await pm2.restarts("api"), all + 1);
  };
  return { box, pm2, settings, agent, ask, known, restartsBy };
}

const logged = (agent, pattern) => until(`the log says ${pattern}`, () => pattern.test(agent.log));

async function isNamed({ agent, settings }, { signal }) {
  await until("the metric names it", async () => (await agent.metric(info,
    { app: "api", signal, sender: "kill" })) === 1);
  const line = (await agent.metrics()).split("\n").find((each) => each.startsWith(`${info}{`));
  assert.match(line, /via="cleanup-old-pro < sh/);
  assert.match(line, /user="0"/);
  const event = auditOf(settings).findLast((each) => each.event === "restart");
  assert.equal(event.sender, "kill");
  assert.match(event.via, /^cleanup-old-pro < sh/);
  assert.equal(event.cause, "signal");
  assert.equal(event.app, "api");
  assert.ok(event.lived_ms > 0);
  await logged(agent, /restart \d+ of api .*: signal.*sent by kill < cleanup-old-pro < sh/);
  const app = (await agent.status()).apps.find((each) => each.app === "api");
  assert.equal(app.last_sender.sender, "kill");
  assert.match(app.last_sender.via, /^cleanup-old-pro/);
}

test("a script that kills the backend is named by metric, log and ledger", async (t) => {
  const all = await scene(t);
  const kill = cleanup(all.box);
  for (let i = 0; i < 3; ++i) {
    await all.restartsBy("signal", async () => kill(await all.pm2.pid("api")));
    await isNamed(all, { signal: "SIGTERM" });
  }
  await all.restartsBy("signal", async () => kill("-KILL", await all.pm2.pid("api")));
  await isNamed(all, { signal: "SIGKILL" });
  await all.restartsBy("signal", async () => kill("-SEGV", await all.pm2.pid("api")));
  await isNamed(all, { signal: "SIGSEGV" });
  all.agent = await all.agent.again();
  await t.test("and still after a restart of strayd", async () => {
    assert.equal(await all.agent.metric(info, { app: "api", signal: "SIGSEGV", sender: "kill" }), 1);
    assert.match(await (await fetch(all.agent.url("/"))).text(), /Who ended an app last[^]*cleanup-old-pro/);
  });
  assert.equal(await all.agent.metric("strayd_pm2_app_ends_total", { app: "api", how: "SIGTERM" }), 3);
  assert.equal(await all.agent.metric("strayd_pm2_app_restarts_total", { app: "api", cause: "exit_code" }), 0);
});

for (const code of [0, 143]) {
  test(`a script that asks the backend to end is named where it ends with ${code}`, async (t) => {
    const all = await scene(t, { env: { GRACEFUL: String(code) } });
    const kill = cleanup(all.box);
    await all.restartsBy("signal", async () => kill(await all.pm2.pid("api")));
    await isNamed(all, { signal: "SIGTERM" });
    await all.restartsBy("exit_code", () => all.ask(`/exit/${code}`));
  });
}

test("what an app raises by itself is a fault", async (t) => {
  const all = await scene(t, { options: ["--node-args", "--max-old-space-size=40"] });
  await all.restartsBy("fault", () => all.ask("/abort"));
  await until("it says itself", async () => (await all.agent.metric(info, { app: "api", sender: "itself" })) === 1);
  await all.restartsBy("fault", () => all.ask("/heap"));
  assert.equal(await all.agent.metric("strayd_pm2_app_ends_total", { app: "api", how: "SIGABRT" }), 2);
});

// Of all its threads, in seconds.
function spent({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// 50 000 signals a second, if the machine can; says how many there were.
const storming = `
  const target = require("child_process").spawn(process.execPath,
    ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"]);
  target.stdout.once("data", () => {
    let sent = 0;
    const begun = Date.now();
    const timer = setInterval(() => {
      while (sent < (Date.now() - begun) * 50) { target.kill("SIGTERM"); ++sent; }
      if (Date.now() - begun < 8000) return;
      clearInterval(timer);
      target.kill("SIGKILL");
      console.log(sent);
    }, 5);
  });`;

test("a storm of signals between strangers costs little, and no sender is lost in it", async (t) => {
  const all = await scene(t);
  const kill = cleanup(all.box);
  await all.known();
  const cost = async (action) => {
    const before = spent(all.agent.self);
    await action();
    return spent(all.agent.self) - before;
  };
  const quiet = await cost(() => new Promise((done) => setTimeout(done, 8000)));
  let sent = 0;
  const stormy = await cost(async () => {
    sent = Number((await run(process.execPath, ["-e", storming])).stdout);
  });
  t.diagnostic(`${sent} signals in 8 s: ${(stormy - quiet).toFixed(2)} s of CPU more than ${quiet.toFixed(2)} s`);
  assert.ok(sent > 100_000, `${sent} signals`);
  assert.ok(stormy - quiet < 0.02 * 8, `${stormy} s beside ${quiet} s`);
  const storm = run(process.execPath, ["-e", storming]);
  await all.restartsBy("signal", async () => kill(await all.pm2.pid("api")));
  await isNamed(all, { signal: "SIGTERM" });
  await storm;
  assert.equal(await all.agent.metric("strayd_signals_lost_total"), 0);
});

test("what PM2 was asked to do is nobody's kill", async (t) => {
  const all = await scene(t);
  await all.restartsBy("operator", () => all.pm2.cli(["restart", "api"]));
  assert.equal(await all.agent.metric(info, { app: "api" }), undefined);
});

test("without BPF nobody is named, and it is said why", async (t) => {
  const all = await scene(t, { as: unit() });
  assert.equal(await all.agent.metric("strayd_feature_available", { feature: "signal_senders" }), 0);
  const kill = cleanup(all.box);
  await all.restartsBy("signal", async () => kill(await all.pm2.pid("api")));
  await all.restartsBy("fault", () => all.ask("/abort"));
  assert.equal(await all.agent.metric(info, { app: "api" }), undefined);
  await logged(all.agent, /sender unknown \(signal_senders is missing: .*who-killed-it\.conf/);
  const events = auditOf(all.settings).filter((each) => each.event === "restart");
  assert.ok(events.length >= 2 && events.every((each) => each.sender === null));
});
