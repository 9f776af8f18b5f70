// Releases in directories of their own and a link to the present one: each
// deploy deletes the app in PM2 and starts it from another directory. It is the
// same app by its name and its number, whatever runs it.
import assert from "node:assert/strict";
import { cpSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, isHeld, often, onlyThese, waitingServer,
} from "./support/parting.mjs";
import { lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

// Release 1 is deployed; `deploy` deploys another as the scripts of the field do.
async function scene(t) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const current = join(box.make("www/releases"), "../current");
  for (const number of ["1", "2"]) {
    cpSync(box.app("parting"), box.path(`www/releases/${number}`), { recursive: true });
  }
  const start = async (number, port) => {
    symlinkSync(`releases/${number}`, current);
    await pm2.cli(["start", "wrapped.sh", "--name", "web", "--max-restarts", "2"], {
      cwd: current, env: { PORT: String(port), PWD: current },
    });
  };
  const port = await freePort();
  await start("1", port);
  await pm2.online("web");
  const server = await answering(port);
  const settings = await configure(box, { rules: [waitingServer], scan: often });
  return {
    box, pm2, port, server, settings,
    // Its wrapper is killed first, so that `pm2 delete` does not reach the server.
    async deploy(number, onPort) {
      process.kill(await pm2.pid("web"), "SIGKILL");
      await pm2.cli(["delete", "web"]);
      unlinkSync(current);
      await start(number, onPort);
    },
  };
}

test("the server of the release before is ended once the newer one waits for its port", async (t) => {
  const { pm2, port, server, settings, deploy } = await scene(t);
  const agent = await startStrayd(t, settings);
  await agent.scans(8);
  await deploy("2", port);
  assert.ok(lives(server), "nothing of the deploy ended it");
  await pm2.online("web");
  await ended(agent, server);
  await answersAnew(port, server);
  onlyThese(settings, [server]);
});

test("one that was left before strayd came is ended when the newer one serves", async (t) => {
  const { pm2, server, settings, deploy } = await scene(t);
  const port = await freePort();
  await deploy("2", port);
  await pm2.online("web");
  const newer = await answering(port);
  const agent = await startStrayd(t, settings);
  await ended(agent, server);
  assert.ok(lives(newer));
  onlyThese(settings, [server]);
});

test("it is held while the newer one fails, and ended once that serves", async (t) => {
  const { box, pm2, server, settings, deploy } = await scene(t);
  const script = box.path("www/releases/2/wrapped.sh");
  writeFileSync(script, "#!/bin/bash\nexit 1\n");
  const agent = await startStrayd(t, settings);
  await agent.scans(8);
  const port = await freePort();
  await deploy("2", port);
  await until("PM2 gives it up", async () => (await pm2.instances("web"))[0].pm2_env.status === "errored");
  await areLeft(settings, [server]);
  await isHeld(agent, server, "only_copy");

  writeFileSync(script, "#!/bin/bash\nnode waiting.mjs\n");
  await pm2.cli(["restart", "web"]);
  await answering(port);
  await ended(agent, server);
  onlyThese(settings, [server]);
});
