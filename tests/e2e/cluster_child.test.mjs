// What a worker of PM2's cluster mode forked is in the God Daemon's own session
// and process group: the leader of its session lives for as long as PM2 does. It
// is its worker's, and no longer than that.
import assert from "node:assert/strict";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, noIntents, often, onlyThese, seconds, startApps, waitingServer,
} from "./support/parting.mjs";
import { below, describe, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";

const sleeping = { name: "sleeping", pattern: "^sleep 4242$", exe: "sleep", grace: "1s" };

// Two workers of each of two apps: the children of one hold ports, those of the
// other serve nothing.
async function scene(t) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const ports = [await freePort(), await freePort()];
  const clustered = { script: "starter.mjs", exec_mode: "cluster", instances: 2 };
  await startApps(pm2, box, [
    { ...clustered, name: "serving", args: ["plain", "node", "waiting.mjs"],
      env: { PORT: await freePort(), HELPER_PORTS: ports.join() } },
    { ...clustered, name: "idle", args: ["plain", "sleep", "4242"], env: { PORT: await freePort() } },
  ]);
  const servers = [];
  for (const port of ports) servers.push(await answering(port));
  const workers = (await pm2.instances("idle")).map(({ pid }) => pid);
  const sleepers = workers.map((pid) => below(pid).find(({ argv }) => argv[0] === "sleep"));
  assert.ok(servers.every(({ session }) => session === pm2.god().session), describe(servers));
  return { box, pm2, ports, servers, sleepers };
}

test("the child of a cluster worker is ended after the worker was killed, and nothing else of PM2's", async (t) => {
  const { box, pm2, ports, servers, sleepers } = await scene(t);
  const settings = await configure(box, { rules: [waitingServer, sleeping], scan: often });
  const agent = await startStrayd(t, settings);
  await areLeft(settings, [...servers, ...sleepers], 4 * seconds);

  const killed = [servers[0].parent, sleepers[0].parent];
  const wanted = [pm2.god(), ...pm2.owned()]
    .filter(({ pid, parent }) => !killed.includes(pid) && !killed.includes(parent));
  killed.forEach((pid) => process.kill(pid, "SIGKILL"));
  await t.test("one that holds a port", async () => {
    await ended(agent, servers[0]);
    await answersAnew(ports[0], servers[0]);
  });
  await t.test("one that serves nothing", () => ended(agent, sleepers[0]));
  await t.test("the daemon, the other workers and their children are untouched", () => {
    assert.equal(describe(wanted.filter((process) => !lives(process))), "");
    noIntents(settings, wanted);
    onlyThese(settings, [servers[0], sleepers[0]]);
  });
});
