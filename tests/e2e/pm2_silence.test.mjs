// Silence is not a verdict: when PM2 does not answer whole and in time, nothing
// is signalled, the state is shown, and `scan` says by its exit code that
// evidence was missing.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import test from "node:test";
import { npmRun, startStrayServer } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { identities, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { plainEnvironment, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, scan, scanJson, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;
const evidenceMissing = 4;

// A managed backend, a stray beside it, and a strayd that observed both while
// PM2 still answered: so it knows the home, whatever becomes of the daemon.
async function scene(t) {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const backend = await npmRun(box, pm2, exchange, "dev");
  const stray = await startStrayServer(box, exchange);
  const settings = await configure(box, { mode: "observe", pm2: { homes: "auto", timeout: "1s" } });
  const observer = await startStrayd(t, settings);
  await until("PM2 answers strayd", async () => (await observer.metric("strayd_pm2_up", { pm2_home: pm2.home })) === 1);
  await observer.scans(1);
  await observer.end();
  return { box, exchange, pm2, backend, stray, settings };
}

async function nothingIsEnded(t, { pm2, stray, settings }, state, duration = 6 * seconds) {
  const strays = identities(stray.processes());
  const { status, report } = await scanJson(settings);
  assert.equal(status, evidenceMissing);
  assert.deepEqual(report.supervisors.map((one) => [one.home, one.state]), [[pm2.home, state]]);
  const verdicts = new Set(report.candidates.map(({ verdict }) => verdict));
  assert.ok(!verdicts.has("stray") && !verdicts.has("leftover"), `nothing is an orphan now: ${[...verdicts]}`);
  const text = await scan(settings);
  assert.equal(text.status, evidenceMissing);
  assert.doesNotMatch(text.stdout, /No orphaned processes found/);
  assert.match(text.stdout, new RegExp(`is ${state}`, "i"), "a person is told too");

  const agent = await startStrayd(t, settings, "--enforce");
  await throughout(duration, () =>
    assert.deepEqual(identities(stray.processes()), strays, "the stray is spared"));
  assert.deepEqual(intentsOf(settings), [], "no intent");
  assert.equal(await agent.metric("strayd_pm2_up", { pm2_home: pm2.home }), 0);
  await agent.end();
}

async function managedIsUntouched({ exchange, pm2, backend }) {
  assert.deepEqual(exchange.openOf(backend.name), backend.connections, "the very same connection");
  await exchange.beats(backend.connections[0]);
  assert.equal(await pm2.restarts(backend.name), 0);
}

test("nothing is ended while the God Daemon is stopped", async (t) => {
  const story = await scene(t);
  const god = story.pm2.god();
  process.kill(god.pid, "SIGSTOP");
  await nothingIsEnded(t, story, "silent", 10 * seconds);
  process.kill(god.pid, "SIGCONT");
  await managedIsUntouched(story);
});

test("nothing is ended after the God Daemon was killed", async (t) => {
  const story = await scene(t);
  const god = story.pm2.god();
  process.kill(god.pid, "SIGKILL");
  await until("the God Daemon is gone", () => !lives(god));
  await nothingIsEnded(t, story, "dead", 10 * seconds);
});

// As a command of PM2 does whose connection to the daemon fails.
test("nothing is ended while two God Daemons live for one home, and both are counted", async (t) => {
  const story = await scene(t);
  const { pm2, settings } = story;
  const first = pm2.god();
  pm2.hideSockets();
  await pm2.cli(["ping"]);
  const second = pm2.god();
  assert.ok(second.pid !== first.pid && lives(first) && lives(second), "two daemons");

  await nothingIsEnded(t, story, "silent");
  const agent = await startStrayd(t, settings);
  assert.equal(await agent.metric("strayd_pm2_daemons", { pm2_home: pm2.home }), 2);

  process.kill(second.pid, "SIGKILL");
  await until("the second daemon is gone", () => !lives(second));
  pm2.restoreSockets();
  await until("the first one is believed again", async () =>
    (await agent.metric("strayd_pm2_up", { pm2_home: pm2.home })) === 1);
  assert.equal(await agent.metric("strayd_pm2_daemons", { pm2_home: pm2.home }), 1);
  await managedIsUntouched(story);
});

test("nothing is ended while something else holds PM2's socket", async (t) => {
  const story = await scene(t);
  const daemon = `PM2 v7.0.4: God Daemon (${story.pm2.home})`;
  for (const [mode, title, what] of [
    ["hangs", "", "a process that is no PM2"],
    ["hangs", daemon, "another daemon, which hangs"],
    ["closes", daemon, "another daemon, which closes at once"],
    ["garbage", daemon, "another daemon, which answers garbage"],
    ["half", daemon, "another daemon, which answers half a frame"],
    ["huge", daemon, "another daemon, which answers 50 MB"],
  ]) {
    await t.test(what, async (t) => {
      const impostor = await impersonate(story.pm2, mode, title);
      t.after(() => impostor.end());
      await nothingIsEnded(t, story, "silent", 4 * seconds);
    });
  }
  await managedIsUntouched(story);
});

async function impersonate(pm2, mode, title) {
  const script = new URL("./apps/lib/impostor.mjs", import.meta.url).pathname;
  pm2.hideSockets();
  const impostor = spawn(process.execPath, [script, pm2.socket, mode, title], {
    env: plainEnvironment(), stdio: "inherit",
  });
  await until("the impostor listens", () => existsSync(pm2.socket));
  return {
    async end() {
      impostor.kill("SIGKILL");
      await once(impostor, "close");
      pm2.restoreSockets();
    },
  };
}
