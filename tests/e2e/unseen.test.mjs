// A look that could not see all that a rule may mean gives no all-clear.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { asUser, plainEnvironment, sandbox } from "./support/sandbox.mjs";
import { configure, stubborn } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const done = 0;
const orphansLeft = 3;
const evidenceMissing = 4;
const allClear = /No orphaned processes found/;
const somebody = { uid: 61_184, gid: 61_184 };

// `scan`, below a /proc of its own that is mounted so.
function look(settings, { user, options, args = [] }) {
  const words = [...asUser(user), process.env.STRAYD_BIN, "scan", "--config", settings.file, ...args];
  const script = 'mount -t proc -o "$1" proc /proc && shift && exec "$@"';
  return new Promise((told) => {
    execFile("unshare", ["--mount", "sh", "-c", script, "sh", options, ...words],
      { env: plainEnvironment(), timeout: 120_000 }, (error, stdout, stderr) =>
        told({ status: error ? error.code : 0, stdout, stderr }));
  });
}

const quick = { interval: "200ms", min_age: "1s", confirmations: 2, settle: "1s" };
const settingsIn = (box) => configure(box, { rules: [stubborn], scan: quick });

async function strayOfRoot(box) {
  const stray = startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") });
  await until("the stray runs", () => stray.processes().length > 0);
}

for (const hidepid of ["1", "2"]) {
  test(`under hidepid=${hidepid} a user without rights is told what was not seen, and exit code 4`, async () => {
    const box = sandbox();
    const settings = await settingsIn(box);
    await strayOfRoot(box);
    const how = { user: somebody, options: `hidepid=${hidepid}` };
    const text = await look(settings, how);
    assert.equal(text.status, evidenceMissing, text.stderr);
    assert.doesNotMatch(text.stdout, allClear);
    assert.match(text.stdout, /^Not seen: the processes of other users, .*hidepid=.*CAP_SYS_PTRACE/m);
    const json = await look(settings, { ...how, args: ["--json"] });
    assert.equal(json.status, evidenceMissing, json.stderr);
    const { unseen } = JSON.parse(json.stdout);
    assert.equal(unseen[0].fact, "pid");
    assert.equal(unseen[0].processes, null);
    if (hidepid === "1") assert.ok(unseen.some(({ fact, processes }) => fact === "stat" && processes > 0), json.stdout);
  });
}

test("a user who may not read the program of what a rule may mean is told so, and exit code 4", async () => {
  const box = sandbox();
  const settings = await settingsIn(box);
  await strayOfRoot(box);
  const { status, stdout, stderr } = await look(settings, { user: somebody, options: "hidepid=0" });
  assert.equal(status, evidenceMissing, stderr);
  assert.doesNotMatch(stdout, allClear);
  assert.match(stdout, /^Not seen: whether a rule means \d+ process(es)?, for want of exe; .*CAP_SYS_PTRACE/m);
});

test("what no rule can mean is not missed: a user who may not read its program gets the all-clear", async () => {
  const settings = await settingsIn(sandbox());
  const { status, stdout, stderr } = await look(settings, { user: somebody, options: "hidepid=0" });
  assert.equal(status, done, stdout + stderr);
  assert.match(stdout, allClear);
  assert.doesNotMatch(stdout, /Not seen/);
});

test("who sees all under hidepid gets the all-clear, or the orphan", async () => {
  const box = sandbox();
  const settings = await settingsIn(box);
  const clear = await look(settings, { options: "hidepid=2" });
  assert.equal(clear.status, done, clear.stdout + clear.stderr);
  assert.match(clear.stdout, allClear);
  await strayOfRoot(box);
  const found = await look(settings, { options: "hidepid=2" });
  assert.equal(found.status, orphansLeft, found.stdout + found.stderr);
});
