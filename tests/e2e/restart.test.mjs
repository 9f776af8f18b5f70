// strayd is stopped and started again in the middle of what processes go through,
// and decides as one that saw it all.
import assert from "node:assert/strict";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, isHeld, noIntents, often, onlyThese, startApps, verdictOn, waitingServer,
} from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

// The starter is there for long enough to be seen.
const letGo = "nohup node waiting.mjs >/dev/null 2>&1 </dev/null & sleep 2";

// A helper that leads a session, a server below a shell, and a service that a
// webhook lets go: the apps of the first two are killed, the third is restarted.
async function story(t, { restarted }) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const ports = {};
  for (const name of ["own", "helper", "server", "hook", "service"]) ports[name] = await freePort();
  await startApps(pm2, box, [
    { name: "detached", script: "starter.mjs", args: ["late", "node", "waiting.mjs"],
      env: { PORT: ports.own, HELPER_PORTS: ports.helper } },
    { name: "wrapped", script: "wrapped.sh", env: { PORT: ports.server } },
    { name: "hook", script: "hook.mjs", env: { PORT: ports.hook, HELPER_PORTS: ports.service, ON_REQUEST: letGo } },
  ]);
  const [helper, server] = [await answering(ports.helper), await answering(ports.server)];
  const settings = await configure(box, { rules: [waitingServer], scan: often });
  let agent = await startStrayd(t, settings);
  await agent.scans(6);
  const again = async () => {
    await agent.end();
    agent = await startStrayd(t, settings);
  };

  if (restarted === "before") await again();
  await until("the hook is there", async () => (await fetch(`http://127.0.0.1:${ports.hook}/`)).ok);
  const service = await answering(ports.service);
  await until("its starter has ended", () => !below(pm2.god().pid).some(({ pid }) => pid === service.pid));
  process.kill(await pm2.pid("detached"), "SIGKILL");
  process.kill(await pm2.pid("wrapped"), "SIGKILL");
  for (const process of [helper, server]) {
    await until("it was seen to be left", async () => (await verdictOn(agent, process)).verdict !== "managed");
  }
  if (restarted === "after") await again();
  await pm2.cli(["restart", "hook"]);

  await Promise.all([
    areLeft(settings, [service, pm2.god()]),
    ended(agent, helper),
    ended(agent, server),
  ]);
  await answersAnew(ports.helper, helper);
  await answersAnew(ports.server, server);
  await isHeld(agent, service, "let_go");
  assert.ok(lives(service));
  noIntents(settings, [service]);
  onlyThese(settings, [helper, server]);
}

test("restarted before they part from their apps", (t) => story(t, { restarted: "before" }));

test("restarted when they have parted, and their launches may not be over", (t) => story(t, { restarted: "after" }));
