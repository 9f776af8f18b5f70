// PM2_HOME=.pm2: where that is, only the directory of whoever has it tells. Two
// projects of one host may well have the same.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, isHeld, often, onlyThese, seconds, verdictOn, waitingServer,
} from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

// A project with a PM2 and an app of its own, as `PM2_HOME=.pm2 pm2 start` in its
// directory makes it: a shell with the server below.
async function project(t, box, name) {
  const pm2 = startPm2(t, box, { name: `${name}/.pm2` });
  const cwd = box.path(name);
  cpSync(box.app("parting"), cwd, { recursive: true });
  const port = await freePort();
  await pm2.cli(["start", join(cwd, "wrapped.sh"), "--name", "api"], { cwd, env: { PM2_HOME: ".pm2", PORT: String(port) } });
  await pm2.online("api");
  return { pm2, port, server: await answering(port) };
}

async function scene(t) {
  const box = sandbox();
  const [one, other] = [await project(t, box, "one"), await project(t, box, "other")];
  const settings = await configure(box, { rules: [waitingServer], scan: often });
  return { one, other, settings };
}

const isManaged = (agent, process) => until(`pid ${process.pid} is managed`, async () =>
  (await verdictOn(agent, process)).verdict === "managed");

// The leftover of the one that answers is ended; the app whose daemon is dead is
// held, whatever the other lists.
test("of two homes by the same relative name each has its own apps", async (t) => {
  const { one, other, settings } = await scene(t);
  const agent = await startStrayd(t, settings);
  await isManaged(agent, one.server);
  await isManaged(agent, other.server);
  const homes = (await agent.status()).supervisors.filter(({ state }) => state === "answering").map(({ home }) => home);
  assert.deepEqual(homes.sort(), [one.pm2.home, other.pm2.home].sort());
  await areLeft(settings, [one.server, other.server], 3 * seconds);

  const wanted = [one.pm2.god(), ...below(await other.pm2.pid("api")), other.server];
  process.kill(other.pm2.god().pid, "SIGKILL");
  // From now on a newer launch of the same home by name, app and number is listed.
  process.kill(await one.pm2.pid("api"), "SIGKILL");
  await Promise.all([areLeft(settings, wanted), ended(agent, one.server)]);
  await answersAnew(one.port, one.server);
  onlyThese(settings, [one.server]);
  await isHeld(agent, other.server, "pm2_lost");
});

test("a leftover is ended although strayd came later", async (t) => {
  const { one, other, settings } = await scene(t);
  process.kill(await one.pm2.pid("api"), "SIGKILL");
  await until("PM2 has launched it anew", async () => (await one.pm2.restarts("api")) === 1);
  await one.pm2.online("api");
  const agent = await startStrayd(t, settings);
  await ended(agent, one.server);
  await answersAnew(one.port, one.server);
  assert.ok(lives(other.server));
  onlyThese(settings, [one.server]);
});
