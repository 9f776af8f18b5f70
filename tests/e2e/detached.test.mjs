// A helper that its app started in a session of its own (`detached`, as browsers
// are) was its launch's child until that launch ended. That it leads a session
// is nobody's claim on it.
import assert from "node:assert/strict";
import test from "node:test";
import {
  answering, answersAnew, areLeft, ended, isHeld, noIntents, often, onlyThese, startApps, waitingServer,
} from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";

const rules = [waitingServer, { name: "titled", pattern: "^titled helper", exe: "perl", grace: "1s" }];
const node = ["node", "waiting.mjs"];
const perl = ["perl", "titled.pl"];

// An app beside which a helper of its own holds a port.
async function starter(name, how, command) {
  const ports = { own: await freePort(), helper: await freePort() };
  return {
    ports,
    app: { name, script: "starter.mjs", args: [how, ...command], env: { PORT: ports.own, HELPER_PORTS: ports.helper } },
  };
}

test("a detached helper is ended once its app has ended, and never before", async (t) => {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const apps = {
    plain: await starter("plain", "late", node),
    titled: await starter("titled", "detached", perl),
    living: await starter("living", "late", node),
  };
  await startApps(pm2, box, Object.values(apps).map(({ app }) => app));
  const helpers = {};
  for (const [name, { ports }] of Object.entries(apps)) helpers[name] = await answering(ports.helper);
  const settings = await configure(box, { rules, scan: often });
  const agent = await startStrayd(t, settings);
  await agent.scans(8);
  onlyThese(settings, []);

  const wanted = [helpers.living, pm2.god(), ...below(await pm2.pid("living"))];
  process.kill(await pm2.pid("plain"), "SIGKILL");
  process.kill(await pm2.pid("titled"), "SIGKILL");
  await t.test("one that carries its cookie", () => ended(agent, helpers.plain));
  await t.test("one that wrote its title over its environment", () => ended(agent, helpers.titled));
  await t.test("the helper of the app that lives on is left alone", () => {
    assert.ok(lives(helpers.living));
    noIntents(settings, wanted);
    onlyThese(settings, [helpers.plain, helpers.titled]);
  });
  await t.test("the newer launches have helpers that serve", async () => {
    await answersAnew(apps.plain.ports.helper, helpers.plain);
    await answersAnew(apps.titled.ports.helper, helpers.titled);
  });
});

test("one whose app ended before strayd came may have been let go, and is held", async (t) => {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const { app, ports } = await starter("plain", "detached", node);
  await startApps(pm2, box, [app]);
  const helper = await answering(ports.helper);
  const parent = await answering(ports.own);
  process.kill(parent.pid, "SIGKILL");
  await answersAnew(ports.own, parent);

  const settings = await configure(box, { rules, scan: often });
  const agent = await startStrayd(t, settings);
  await areLeft(settings, [helper]);
  onlyThese(settings, []);
  await isHeld(agent, helper, "let_go");
});
