// A program that writes its title anew all the time is the same process still:
// what it says of itself decides which rule means it, and nothing else.
import assert from "node:assert/strict";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { answering, answersAnew, ended, noIntents, often, onlyThese, startApps } from "./support/parting.mjs";
import { below, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";

const gateway = { name: "gateway", pattern: "^gateway: \\d+ sessions", exe: "node", grace: "1s" };

test("orphans that rewrite their title are ended, and the app of that title is left alone", async (t) => {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const ports = { kept: await freePort(), left: await freePort(), stray: await freePort() };
  const app = { script: "titled.sh", cwd: box.app("parting") };
  await startApps(pm2, box, [
    { ...app, name: "kept", env: { PORT: ports.kept } },
    { ...app, name: "left", env: { PORT: ports.left } },
  ]);
  const kept = await answering(ports.kept);
  const left = await answering(ports.left);
  const settings = await configure(box, { rules: [gateway], scan: often });
  const agent = await startStrayd(t, settings);
  await agent.scans(8);
  const wanted = [pm2.god(), kept, ...below(await pm2.pid("kept"))];

  startStray(["node", "titled.mjs", "a title needs the room of its arguments"], {
    cwd: box.app("parting"), env: { PORT: String(ports.stray) },
  });
  const stray = await answering(ports.stray);
  process.kill(await pm2.pid("left"), "SIGKILL");
  await t.test("a stray", () => ended(agent, stray));
  await t.test("a leftover", async () => {
    await ended(agent, left);
    await answersAnew(ports.left, left);
  });
  await t.test("what PM2 owns is left alone", () => {
    assert.ok(lives(kept));
    noIntents(settings, wanted);
    onlyThese(settings, [stray, left]);
  });
});
