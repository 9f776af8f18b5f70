// The wall clock may be stepped after a launch: PM2 then says of its apps that
// they were started at times that fit no process. The daemon's own child whose
// pid it lists is that app, whatever a clock says.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { clockOff, clockOfFile } from "./support/clock.mjs";
import {
  answering, answersAnew, ended, noIntents, often, onlyThese, seconds, verdictOn, waitingServer,
} from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

// An app of a PM2 that was started with these variables.
async function scene(t, env) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const port = await freePort();
  await pm2.cli(["start", "wrapped.sh", "--name", "api"], { cwd: box.app("parting"), env: { PORT: String(port), ...env } });
  await pm2.online("api");
  const server = await answering(port);
  return { box, pm2, port, server, settings: await configure(box, { rules: [waitingServer], scan: often }) };
}

for (const off of ["-30s", "+30s"]) {
  test(`an app whose start is told by a clock that is ${off} off has all its metrics, and its leftover is ended`, async (t) => {
    const { pm2, port, server, settings } = await scene(t, clockOff(off));
    const [{ pm2_env: told }] = await pm2.instances("api");
    assert.ok(Math.abs(Date.now() + Number.parseInt(off, 10) * seconds - told.pm_uptime) < 20 * seconds, "PM2's clock is off");
    const agent = await startStrayd(t, settings);
    const of = { app: "api" };
    await t.test("the metrics are there", async () => {
      await until("it is up", async () => (await agent.metric("strayd_backend_up", of)) === 1, { within: 20 * seconds });
      assert.equal(await agent.metric("strayd_backend_listeners", { ...of, port: String(port), owner: "managed" }), 1);
      for (const name of ["strayd_app_processes", "strayd_app_resident_memory_bytes"]) {
        assert.ok(await agent.metric(name, of) > 0, name);
      }
    });
    await throughout(3 * seconds, async () => assert.equal((await verdictOn(agent, server)).verdict, "managed"));
    onlyThese(settings, []);

    process.kill(await pm2.pid("api"), "SIGKILL");
    await t.test("what a launch has left is ended", async () => {
      await ended(agent, server);
      await answersAnew(port, server);
      onlyThese(settings, [server]);
    });
  });
}

test("a step of the clock is noticed, and ends nothing", async (t) => {
  const { box, pm2, server, settings } = await scene(t, {});
  const clock = box.path("clock");
  writeFileSync(clock, "+0\n");
  const stepped = clockOfFile(clock);
  settings.before = ["env", ...Object.entries(stepped).map(([name, value]) => `${name}=${value}`)];
  const agent = await startStrayd(t, settings);
  await agent.scans(4);
  assert.doesNotMatch(agent.log, /clock/);
  const wanted = [server, ...below(await pm2.pid("api"))];
  writeFileSync(clock, "+30\n");
  await agent.until("it says so", () => /clock/.test(agent.log));
  await throughout(4 * seconds, async () => {
    assert.equal((await verdictOn(agent, server)).verdict, "managed");
    assert.equal(await agent.metric("strayd_backend_up", { app: "api" }), 1);
  });
  assert.ok(wanted.every(lives));
  noIntents(settings, wanted);
});
