// PM2's own child leads its session, and so do helpers that an app starts right
// after its launch. Only the one that PM2 listed, or that runs what PM2 was told
// to run, is PM2's.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { ecosystem, ends, orphaned, outlasting, server, soon, spares, theOne } from "./support/owned.mjs";
import { listens, lives, processOf } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const killTimeout = 500;
const rules = [{ ...server, reap: "leftover" }];

// The shell that starts the helper ends at once.
const app = `
import { spawn } from "node:child_process";
spawn("sh", ["-c", "setsid node server.mjs &"], { stdio: "ignore", env: { ...process.env, PORT: "0" } });
setInterval(() => {}, 1000);
`;

async function launched(t) {
  const box = sandbox();
  const cwd = box.app("plain");
  writeFileSync(`${cwd}/main.mjs`, app);
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", ecosystem(box, { name: "api", script: "main.mjs", cwd, kill_timeout: killTimeout })]);
  const helper = await theOne("server.mjs");
  await orphaned(helper);
  const [{ pid }] = await pm2.online("api");
  assert.equal(helper.session, helper.pid, "it leads a session");
  assert.ok(Math.abs(helper.start - processOf(pid).start) < 200, "it was started within two seconds of its launch");
  return { box, pm2, helper };
}

test("a helper that an app let go right after its launch is held when the app is restarted", async (t) => {
  const { box, pm2, helper } = await launched(t);
  const agent = await startStrayd(t, await configure(box, { rules, scan: soon }));
  await agent.scans(6);
  await pm2.cli(["restart", "api"]);
  await spares(agent, [helper], { duration: outlasting(killTimeout), why: ["let_go"] });
});

test("it is held by a strayd that came after the restart, too", async (t) => {
  const { box, pm2, helper } = await launched(t);
  await pm2.cli(["restart", "api"]);
  const agent = await startStrayd(t, await configure(box, { rules, scan: soon }));
  await spares(agent, [helper], { duration: outlasting(killTimeout), why: ["let_go"] });
});

test("PM2's own child of a lost daemon is a leftover for a strayd that came later", async (t) => {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  // Without PM2's hooks it does not end with the daemon.
  await pm2.cli(["start", ecosystem(box, {
    name: "api", script: "server.mjs", cwd: box.app("plain"), pmx: false, kill_timeout: killTimeout, env: { PORT: "0" },
  })]);
  await pm2.online("api");
  const old = processOf(await pm2.pid("api"));
  // Before that it would end with its daemon, while PM2's hooks come to be left out.
  await until("it listens", () => listens(old.pid));
  await pm2.cli(["save"]);
  const god = pm2.god();
  process.kill(god.pid, "SIGKILL");
  await until("the God Daemon is gone", () => !lives(god));
  await orphaned(old);
  await pm2.cli(["resurrect"]);
  await pm2.online("api");
  const agent = await startStrayd(t, await configure(box, { rules, scan: soon }));
  await ends(agent, old, "leftover");
});
