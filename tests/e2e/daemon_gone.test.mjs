// A dead daemon ends no launch: what it started is held, with or without a
// cookie, until a PM2 of that home answers and does not own it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { forEver } from "./support/backends.mjs";
import { ends, orphaned, servedBy, server, soon, spares } from "./support/owned.mjs";
import { lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const seconds = 1000;

test("an app without a cookie outlives its daemon, and is a leftover once the successor wants its port", async (t) => {
  const box = sandbox();
  const port = await freePort();
  writeFileSync(box.path("start.sh"), `exec env -i PATH="$PATH" PORT=${port} node server.mjs\n`);
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", box.path("start.sh"), "--name", "api", "--interpreter", "bash", "--cwd", box.app("plain"), ...forEver]);
  await pm2.online("api");
  const serving = await servedBy(port);
  await pm2.cli(["save"]);
  // What a lost PM2 may have owned is held for ten times as long as one takes to
  // settle; evidence holds for longer.
  const settle = 1 * seconds;
  const settings = await configure(box, { rules: [server], scan: { ...soon, settle: `${settle}ms` } });
  const agent = await startStrayd(t, settings);
  await agent.scans(3);

  const god = pm2.god();
  process.kill(god.pid, "SIGKILL");
  await until("the God Daemon is gone", () => !lives(god));
  await orphaned(serving);
  await spares(agent, [serving], { duration: 10 * settle + 8 * seconds, why: ["pm2_lost"] });

  await pm2.cli(["resurrect"]);
  await ends(agent, serving, "leftover");
  const successor = await servedBy(port);
  assert.equal(successor.pid, await pm2.pid("api"));
  assert.ok(intentsOf(settings).every(({ pid }) => pid === serving.pid), "none but the old one");
});
