// An orphan that something starts again is ended again, and it is said who.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { auditOf, configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const rule = { name: "idle", pattern: "idle\\.mjs", exe: "node", grace: "1s" };

test("a script that starts the orphan anew is named, with how often it did", async (t) => {
  const box = sandbox();
  writeFileSync(box.path("idle.mjs"), "setInterval(() => {}, 1000);\n");
  writeFileSync(box.path("respawn.sh"), "while true; do node idle.mjs; done\n");
  const settings = await configure(box, { rules: [rule], scan: { interval: "200ms" } });
  const script = startStray(["bash", "respawn.sh"], { cwd: box.directory });
  const agent = await startStrayd(t, settings);

  await until("it came back twice", async () => (await agent.metric("strayd_orphans_returned_total", { rule: "idle" })) >= 2);
  const bash = script.processes().find(({ argv }) => argv[0] === "bash");
  const parent = `bash respawn.sh (pid ${bash.pid})`;
  const detections = new Map();  // the first verdict on each
  for (const line of auditOf(settings).filter(({ event }) => event === "verdict")) {
    if (!detections.has(line.pid)) detections.set(line.pid, line);
  }
  const told = [...detections.values()].slice(0, 3);
  assert.deepEqual(told.map((line) => line.returned), [0, 1, 2]);
  assert.deepEqual(told.map((line) => line.parent), [parent, parent, parent]);

  const returned = await until("it is shown", async () => (await agent.status()).returned[0]);
  assert.equal(returned.rule, "idle");
  assert.ok(returned.times >= 2);
  assert.equal(returned.parent.pid, bash.pid);
  assert.equal(returned.parent.script, "respawn.sh");
});

test("an orphan whose parent is gone is known by what it runs", async (t) => {
  const box = sandbox();
  writeFileSync(box.path("idle.mjs"), "setInterval(() => {}, 1000);\n");
  const settings = await configure(box, { rules: [rule], scan: { interval: "200ms" } });
  const agent = await startStrayd(t, settings);
  const ended = async (count) => until(`${count} are ended`, async () =>
    (await agent.metric("strayd_orphans_killed_total", { rule: "idle" })) >= count);
  startStray(["node", "idle.mjs"], { cwd: box.directory });
  await ended(1);
  assert.equal(await agent.metric("strayd_orphans_returned_total", { rule: "idle" }), 0);
  startStray(["node", "idle.mjs"], { cwd: box.directory });
  await ended(2);
  assert.equal(await agent.metric("strayd_orphans_returned_total", { rule: "idle" }), 1);
  const last = auditOf(settings).filter((line) => line.event === "verdict").at(-1);
  assert.equal(last.parent, "init (it was reparented)");
  assert.equal(last.returned, 1);
});
