// A server that an app started without PM2's variables is still that launch's:
// it has the time that PM2 gives the instance to end, whatever has become of its
// parent, and what then goes on is a leftover.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { ecosystem, ends, margin, orphaned, servedBy, server, soon, spares } from "./support/owned.mjs";
import { processOf } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const seconds = 1000;

// Its own end is quick; the server's is not. The environment is one of its own.
const launcher = `
import { spawn } from "node:child_process";
const { PATH, PORT } = process.env;
spawn(process.argv[2], process.argv.slice(3), { env: { PATH, PORT }, stdio: "ignore" });
process.on("SIGINT", () => process.exit(0));
setInterval(() => {}, 1000);
`;

// Ends some time after it was asked to, or never.
const draining = `
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
const say = (word) => appendFileSync("told", word + "\\n");
createServer((_, response) => response.end(JSON.stringify({ pid: process.pid })))
  .listen(process.env.PORT, "127.0.0.1");
let asked = false;
process.on("SIGINT", () => {
  if (asked) return;
  asked = true;
  say("asked");
  setTimeout(() => {
    say("drained");
    process.exit(0);
  }, 8000);
});
process.on("SIGTERM", () => {
  say("cut short");
  process.exit(1);
});
`;

async function launched(t, command, killTimeout) {
  const box = sandbox();
  writeFileSync(box.path("launcher.mjs"), launcher);
  writeFileSync(box.path("server.mjs"), draining);
  const pm2 = startPm2(t, box);
  const port = await freePort();
  await pm2.cli(["start", ecosystem(box, {
    name: "api", script: "launcher.mjs", args: command, cwd: box.directory, kill_timeout: killTimeout, env: { PORT: port },
  })]);
  await pm2.online("api");
  const serving = await servedBy(port);
  const settings = await configure(box, { rules: [server], scan: soon });
  const agent = await startStrayd(t, settings);
  await agent.scans(3);
  return { box, pm2, serving, settings, agent };
}

test("a server without a cookie drains for as long as its launch may take to end", async (t) => {
  const { box, pm2, serving, agent } = await launched(t, ["node", "server.mjs"], 12 * seconds);
  const stopping = pm2.cli(["stop", "api"]);
  const told = () => readFileSync(box.path("told"), "utf8");
  await until("it is asked to end", () => told() === "asked\n");
  await orphaned(serving);
  await spares(agent, [serving], { duration: 5 * seconds, why: ["same_generation", "newer_too_fresh"] });
  await until("it has ended", () => told().split("\n").length > 2);
  assert.equal(told(), "asked\ndrained\n");
  await stopping;
  assert.deepEqual(intentsOf(agent.settings), []);
});

test("a server that a stopped launch left behind is ended when the launch's time is over", async (t) => {
  const killTimeout = 2 * seconds;
  const { pm2, serving, settings, agent } = await launched(t, ["sh", "-c", "node server.mjs; true"], killTimeout);
  // PM2 can't find it below the app any more.
  process.kill(processOf(serving.pid).parent, "SIGKILL");
  await orphaned(serving);
  await spares(agent, [serving], { duration: 4 * seconds, why: ["same_generation"] });
  assert.ok(processOf(await pm2.pid("api")), "its launch lives");

  const stopped = Date.now();
  await pm2.cli(["stop", "api"]);
  await ends(agent, serving, "leftover");
  const [first] = intentsOf(settings);
  assert.equal(first.pid, serving.pid);
  const after = Date.parse(first.ts) - stopped;
  assert.ok(after >= killTimeout + margin, `told to end ${after} ms after its launch was stopped`);
});
