// PM2 that is told to end its own child alone leaves the others on purpose.
import { writeFileSync } from "node:fs";
import test from "node:test";
import { ecosystem, ends, orphaned, outlasting, server, soon, spares, theOne } from "./support/owned.mjs";
import { processOf } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";

const killTimeout = 500;

// Its server takes any port, so that a new one serves beside an old one.
const app = `
import { spawn } from "node:child_process";
spawn("sh", ["-c", "node server.mjs; true"], { stdio: "ignore", env: { ...process.env, PORT: "0" } });
setInterval(() => {}, 1000);
`;

async function started(t, treekill) {
  const box = sandbox();
  const cwd = box.app("plain");
  writeFileSync(`${cwd}/main.mjs`, app);
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", ecosystem(box, { name: "api", script: "main.mjs", cwd, treekill, kill_timeout: killTimeout })]);
  await pm2.online("api");
  const worker = await theOne("server.mjs");
  const agent = await startStrayd(t, await configure(box, { rules: [server], scan: soon }));
  await agent.scans(6);
  return { pm2, worker, agent };
}

for (const command of ["restart", "stop"]) {
  test(`a worker that PM2 is told to leave is held after a ${command}`, async (t) => {
    const { pm2, worker, agent } = await started(t, false);
    await pm2.cli([command, "api"]);
    await spares(agent, [worker], { duration: outlasting(killTimeout), why: ["told_to_leave"] });
  });
}

test("a worker that PM2 could not find is ended after a restart", async (t) => {
  const { pm2, worker, agent } = await started(t, true);
  process.kill(processOf(worker.pid).parent, "SIGKILL");
  await orphaned(worker);
  await agent.scans(2);
  await pm2.cli(["restart", "api"]);
  await ends(agent, worker, "leftover");
});
