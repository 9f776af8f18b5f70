// A port that strayd never saw the app have: the app's own error names it.
import assert from "node:assert/strict";
import test from "node:test";
import { forEver, startStray } from "./support/backends.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, scan, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const asks = { name: "asks", pattern: "asks\\.mjs", exe: "node" };

async function scene(t) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  await pm2.cli(["ping"]);
  const settings = await configure(box, { mode: "observe", rules: [asks] });
  const port = await freePort();
  return {
    box, pm2, settings, port,
    start: (options = [], env = {}) => pm2.cli(["start", "asks.mjs", "--name", "api", ...forEver, ...options], {
      cwd: box.app("plain"), env: { PORT: String(port), ...env },
    }),
  };
}

const serves = (port) => fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) })
  .then(({ ok }) => ok, () => false);

// Nobody's, on the app's port.
async function startOrphan({ box, port }) {
  const stray = startStray(["node", "asks.mjs"], { cwd: box.app("plain"), env: { PORT: String(port) } });
  await until("the orphan serves", () => serves(port));
  return stray.processes()[0].pid;
}

const conflictsOf = async (agent) => (await agent.status()).port_conflicts;
const counted = async (agent, cause) =>
  (await agent.metric("strayd_pm2_app_restarts_total", { app: "api", cause })) ?? 0;

async function isNamed(agent, { port }, orphan) {
  const [conflict] = await until("the conflict is named", async () => {
    // At first its PM2 may yet be about to list it, and it is held.
    const all = await conflictsOf(agent);
    return all.some(({ owner }) => owner === "orphan") && all;
  });
  assert.equal(conflict.app, "api");
  assert.equal(conflict.port, port);
  assert.equal(conflict.owner, "orphan");
  assert.equal(conflict.holder.pid, orphan);
  assert.equal(conflict.asked, true);
  assert.match(conflict.text, new RegExp(`^port ${port}, which api asks for by its own error, is held by`));
}

test("an orphan that was on the port before strayd came is named, and is the reason", async (t) => {
  const at = await scene(t);
  const orphan = await startOrphan(at);
  await at.start(["--restart-delay", "1500"]);
  await until("it loops", async () => (await at.pm2.restarts("api")) >= 2);
  const agent = await startStrayd(t, at.settings);
  await isNamed(agent, at, orphan);
  assert.equal(await agent.metric("strayd_backend_listeners", { app: "api", port: String(at.port), owner: "orphan" }), 1);
  await until("it is counted", async () => (await counted(agent, "port_conflict")) >= 3);
  assert.equal(await counted(agent, "exit_code"), 0);

  await t.test("also after a restart of strayd", async (t) => {
    await at.pm2.cli(["stop", "api"]);
    await at.start(["--restart-delay", "600000"]);
    await until("it has failed", async () => (await at.pm2.instances("api"))[0].pm2_env.status === "waiting restart");
    await isNamed(agent, at, orphan);
    await agent.end();
    const again = await startStrayd(t, at.settings);
    await again.scans(1);
    await isNamed(again, at, orphan);
    assert.match(await (await again.get("/")).text(), /port \d+, which api asks for by its own error/);
    assert.match((await scan(at.settings)).stdout, /In the way: port \d+, which api asks for by its own error, is held by/);
  });
});

test("within two scans of the first error, whatever the app does then", async (t) => {
  const at = await scene(t);
  const agent = await startStrayd(t, at.settings);
  const orphan = await startOrphan(at);
  await agent.scans(2);
  for (const then of ["wait", "exit"]) {
    await t.test(then, async () => {
      await at.start(["--restart-delay", "600000", "--update-env"], { THEN: then });
      await until("it has said so", async () => (await at.pm2.cli(["logs", "api", "--nostream", "--err"])).includes("EADDRINUSE"));
      await agent.scans(2);
      await isNamed(agent, at, orphan);
      await at.pm2.cli(["delete", "api"]);
      await at.pm2.cli(["flush"]);
      await agent.scans(1);
      assert.deepEqual(await conflictsOf(agent), []);
    });
  }
});

test("with a restart delay the end is still put down to the port", async (t) => {
  const at = await scene(t);
  const agent = await startStrayd(t, at.settings);
  await startOrphan(at);
  await agent.scans(2);
  await at.start(["--restart-delay", "5000"]);
  await until("PM2 counts one", async () => (await at.pm2.restarts("api")) >= 1);
  await until("strayd does", async () => (await counted(agent, "port_conflict")) >= 1);
  assert.equal(await counted(agent, "exit_code"), 0);
});

test("the port that an app gets after all is its own", async (t) => {
  const at = await scene(t);
  const orphan = await startOrphan(at);
  const agent = await startStrayd(t, at.settings);
  await agent.scans(2);
  await at.start(["--restart-delay", "1000"]);
  await isNamed(agent, at, orphan);
  process.kill(orphan, "SIGKILL");
  await until("the app serves", async () => (await agent.metric("strayd_backend_listeners",
    { app: "api", port: String(at.port), owner: "managed" })) === 1);
  assert.deepEqual(await conflictsOf(agent), []);
});

test("what an app's own child keeps is no stranger's", async (t) => {
  const at = await scene(t);
  const agent = await startStrayd(t, at.settings);
  await agent.scans(2);
  await at.start(["--restart-delay", "6000"], { CHILD: "1" });
  await until("PM2 counts one", async () => (await at.pm2.restarts("api")) >= 1);
  await until("strayd does", async () => (await counted(agent, "exit_code")) + (await counted(agent, "port_conflict")) >= 1);
  assert.equal(await counted(agent, "exit_code"), 1);
  assert.equal(await counted(agent, "port_conflict"), 0);
});

test("an app that serves and quotes another's error has no conflict", async (t) => {
  const at = await scene(t);
  const agent = await startStrayd(t, at.settings);
  await startOrphan(at);
  const own = await freePort();
  await at.start([], {
    PORT: String(own), SAYS: `Error: listen EADDRINUSE: address already in use 127.0.0.1:${at.port}`,
  });
  await until("the app serves", () => serves(own));
  await agent.scans(3);
  assert.deepEqual(await conflictsOf(agent), []);
  await at.pm2.cli(["restart", "api"]);
  await agent.scans(3);
  assert.deepEqual(await conflictsOf(agent), []);
  assert.equal(await counted(agent, "port_conflict"), 0);
});
