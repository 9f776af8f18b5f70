// What tells nothing of its origin any more (an environment of its own, a parent
// that is gone) is what strayd remembers of it; and where that is lost, it is
// held, and strayd says so.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, isHeld, often, onlyThese, startApps, verdictOn, waitingServer,
} from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, scan, scanJson, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const letGo = "nohup env -i \"PATH=$PATH\" \"PORT=$HELPER_PORTS\" node waiting.mjs >/dev/null 2>&1 </dev/null & sleep 2";

// Of each app a server: that of `bare` has an environment of its own, that of
// `wrapped` carries its cookie.
async function scene(t, more = {}) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const ports = {};
  for (const name of ["own", "bare", "wrapped", "hook", "service"]) ports[name] = await freePort();
  await startApps(pm2, box, [
    { name: "bare", script: "starter.mjs", args: ["bare", "node", "waiting.mjs"],
      env: { PORT: ports.own, HELPER_PORTS: ports.bare } },
    { name: "wrapped", script: "wrapped.sh", env: { PORT: ports.wrapped } },
    { name: "hook", script: "hook.mjs", env: { PORT: ports.hook, HELPER_PORTS: ports.service, ON_REQUEST: letGo } },
  ]);
  const [bare, wrapped] = [await answering(ports.bare), await answering(ports.wrapped)];
  const settings = await configure(box, { rules: [waitingServer], scan: often, ...more });
  return {
    pm2, ports, settings, bare, wrapped,
    // Ends the processes that PM2 calls the apps, and waits for their successors.
    async kill(...names) {
      for (const name of names) {
        process.kill(await pm2.pid(name), "SIGKILL");
        await until(`PM2 has launched ${name} anew`, async () => (await pm2.restarts(name)) === 1);
        await pm2.online(name);
      }
    },
  };
}

test("a server without a word of its origin is held where the origins were lost, and one with its cookie is ended", async (t) => {
  const { ports, settings, bare, wrapped, kill } = await scene(t);
  const first = await startStrayd(t, settings);
  await first.scans(6);
  await first.end();
  await kill("bare", "wrapped");
  rmSync(join(settings.config.state.dir, "origins.json"), { force: true });

  const agent = await startStrayd(t, settings);
  await Promise.all([areLeft(settings, [bare]), ended(agent, wrapped)]);
  await answersAnew(ports.wrapped, wrapped);
  await isHeld(agent, bare, "forgotten");
  onlyThese(settings, [wrapped]);
});

test("where no origins were ever written, what is seen now decides", async (t) => {
  const { ports, settings, bare, kill } = await scene(t);
  await kill("bare");
  const agent = await startStrayd(t, settings);
  await ended(agent, bare);
  await answersAnew(ports.bare, bare);
  onlyThese(settings, [bare]);
});

test("a scan beside the agent knows what that has seen: it ends what was left, and holds what was let go", async (t) => {
  const { pm2, ports, settings, bare, wrapped, kill } = await scene(t, { mode: "observe" });
  const agent = await startStrayd(t, settings);
  await agent.scans(6);
  await until("the hook is there", async () => (await fetch(`http://127.0.0.1:${ports.hook}/`)).ok);
  const service = await answering(ports.service);
  await until("its starter has ended", () => !below(pm2.god().pid).some(({ pid }) => pid === service.pid));
  // Within one scan with a stop of its launch it would count as ended by that.
  await isHeld(agent, service, "let_go");
  await kill("bare");
  await pm2.cli(["restart", "hook"]);
  const words = async (look) => {
    const [left, gone] = [await look(bare), await look(service)];
    return [left.verdict, gone.verdict, gone.why];
  };
  const known = ["leftover", "held", "let_go"];
  let said;
  await agent.until("the agent knows both", async () => {
    said = await words((process) => verdictOn(agent, process));
    return said.includes("stray") || said.join() === known.join();
  });
  assert.deepEqual(said, known);

  const { report } = await scanJson(settings);
  assert.deepEqual(await words(({ pid }) => report.candidates.find((one) => one.pid === pid)), known);
  assert.ok(lives(bare), "a scan that only looks ends nothing");
  await scan(settings, "--reap");
  assert.ok(!lives(bare));
  assert.ok(lives(service) && lives(wrapped));
  await answersAnew(ports.bare, bare);
  onlyThese(settings, [bare]);
});
