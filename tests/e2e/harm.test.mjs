// An orphan that an app of PM2's lives on: ending it harms the app. It is seen,
// said, and the last that is ended until an operator has looked.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { gone, startStray } from "./support/backends.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { auditOf, command, configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;
const rule = { name: "upstream", pattern: "upstream\\.mjs", exe: "node", grace: "1s" };

const upstream = `
import { createServer } from "node:net";
createServer(() => {}).listen(process.argv[2], "127.0.0.1");
`;
// Ends when its connection does; without one it tries for ever.
const dependent = `
import { createConnection } from "node:net";
function connect() {
  let connected = false;
  createConnection(process.env.UPSTREAM, "127.0.0.1")
    .on("connect", () => { connected = true; console.log("connected"); })
    .on("error", () => {})
    .on("close", () => (connected ? process.exit(1) : setTimeout(connect, 200)));
}
connect();
`;

// Closes its own port when it loses its connection, and lives on.
const listener = `
import { createConnection, createServer } from "node:net";
const server = createServer(() => {});
const connect = () => createConnection(process.env.UPSTREAM, "127.0.0.1")
  .on("connect", () => server.listen(process.env.PORT, "127.0.0.1"))
  .on("error", () => setTimeout(connect, 200))
  .on("close", () => server.listening && server.close());
connect();
`;

test("the kill that made an app restart opens the breaker, until an operator closes it", async (t) => {
  const box = sandbox();
  writeFileSync(box.path("upstream.mjs"), upstream);
  writeFileSync(box.path("dependent.mjs"), dependent);
  const port = await freePort();
  const pm2 = startPm2(t, box);
  const settings = await configure(box, { rules: [rule], scan: { interval: "500ms" } });
  const start = (at) => startStray(["node", "upstream.mjs", String(at)], { cwd: box.directory });

  const lifeline = start(port);
  await pm2.cli(["start", box.path("dependent.mjs"), "--name", "dependent"], { env: { UPSTREAM: String(port) } });
  await pm2.online("dependent", 1);
  const agent = await startStrayd(t, settings);
  assert.equal(await agent.metric("strayd_kills_harmful_total"), 0);

  await gone(lifeline);
  await until("the harm is counted", async () => (await agent.metric("strayd_kills_harmful_total")) === 1);
  assert.equal(await agent.metric("strayd_breaker_open"), 1);
  const { breaker, harms } = await agent.status();
  assert.match(breaker.why, /^harm: dependent \(PM2 in .*\) restarted \(cause: exit_code, code 1\): it held a connection to pid \d+ \(node upstream\.mjs\), which strayd ended \d+ s before with the orphan tree of pid \d+ \(rule upstream\)$/);
  assert.equal(harms.length, 1);
  assert.equal(harms[0].app, "dependent");
  assert.equal(harms[0].what, "restarted");
  assert.equal(harms[0].rule, "upstream");
  assert.equal(harms[0].tree, intentsOf(settings)[0].pid);
  assert.match(await (await agent.get("/")).text(), /Harm that strayd did/);
  const notes = auditOf(settings).filter(({ event }) => event === "note").map(({ what }) => what);
  assert.deepEqual(notes, ["harm", "breaker_open"]);
  assert.match(agent.log, /harm: dependent/);

  const another = start(await freePort());
  const intents = intentsOf(settings).length;
  await throughout(8 * seconds, () => assert.equal(intentsOf(settings).length, intents));
  assert.equal(another.processes().length, 1, "nothing is ended any more");

  const { status } = await command(["breaker", "close", "--config", settings.file]);
  assert.equal(status, 0);
  await gone(another);
  await agent.scans(3);
  assert.equal(await agent.metric("strayd_kills_harmful_total"), 1, "this one harmed nobody");
  assert.equal(await agent.metric("strayd_breaker_open"), 0);
});

test("the kill that cost an app its port is harm, too", async (t) => {
  const box = sandbox();
  writeFileSync(box.path("upstream.mjs"), upstream);
  writeFileSync(box.path("listener.mjs"), listener);
  const [upstreamPort, port] = [await freePort(), await freePort()];
  const pm2 = startPm2(t, box);
  // The rule that may end it comes when the app listens.
  const settings = await configure(box, { rules: [{ ...rule, reap: "none" }], scan: { interval: "500ms" } });
  const lifeline = startStray(["node", "upstream.mjs", String(upstreamPort)], { cwd: box.directory });
  await pm2.cli(["start", box.path("listener.mjs"), "--name", "api"], {
    env: { UPSTREAM: String(upstreamPort), PORT: String(port) },
  });
  const agent = await startStrayd(t, settings);
  await until("strayd sees it listen", async () => (await agent.metric("strayd_backend_listeners",
    { app: "api", port: String(port), owner: "managed" })) === 1);

  writeFileSync(settings.file, JSON.stringify({ ...settings.config, rules: [rule] }));
  agent.child.kill("SIGHUP");
  await gone(lifeline);
  await until("the harm is counted", async () => (await agent.metric("strayd_kills_harmful_total")) === 1);
  const { breaker, harms } = await agent.status();
  assert.deepEqual(harms.map(({ app, what }) => [app, what]), [["api", "lost_listener"]]);
  assert.ok(breaker.open);
  assert.equal(await pm2.restarts("api"), 0);
});

test("an app that its operator restarts after a kill was not harmed by it", async (t) => {
  const box = sandbox();
  writeFileSync(box.path("upstream.mjs"), upstream);
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", "server.mjs", "--name", "api"], { cwd: box.app("plain"), env: { PORT: String(await freePort()) } });
  await pm2.online("api", 1);
  const agent = await startStrayd(t, await configure(box, { rules: [rule], scan: { interval: "500ms" } }));
  await agent.scans(3);
  const stray = startStray(["node", "upstream.mjs", String(await freePort())], { cwd: box.directory });
  await until("the stray is there", () => stray.processes().length === 1);
  await gone(stray);

  await pm2.cli(["restart", "api"]);
  const restarts = (cause) => agent.metric("strayd_pm2_app_restarts_total", { app: "api", cause });
  await until("the restart is counted", async () => (await restarts("operator")) === 1);
  // A port that is gone for longer than a restart takes would be told by then.
  await throughout(8 * seconds, async () => assert.equal(await agent.metric("strayd_kills_harmful_total"), 0));
  assert.equal(await agent.metric("strayd_breaker_open"), 0);
});
