// A pidfile names what somebody keeps: monit, an init script. A stale one, or
// one that anybody could have written, does not.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chownSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { startStray } from "./support/backends.mjs";
import { directoryOf, ends, orphaned, server, soon, spares, theOne } from "./support/owned.mjs";
import { plainEnvironment, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, startStrayd } from "./support/strayd.mjs";

const seconds = 1000;
const run = promisify(execFile);
const env = { PORT: "0" };
const nobody = { uid: 65_534, gid: 65_534 };
const named = { duration: 6 * seconds, why: ["pidfile"] };

const watch = async (t, box, more = {}) => startStrayd(t, await configure(box, { rules: [server], scan: soon, ...more }));

test("what monit keeps by its pidfile is held", async (t) => {
  const box = sandbox();
  const cwd = box.app("plain");
  writeFileSync(box.path("start.sh"), `#!/bin/sh
cd ${cwd}
PORT=0 nohup node server.mjs >/dev/null 2>&1 </dev/null &
echo $! >${cwd}/api.pid
`, { mode: 0o755 });
  writeFileSync(box.path("monitrc"), `
set daemon 1
set pidfile ${box.path("monit.number")}
set idfile ${box.path("monit.id")}
set statefile ${box.path("monit.state")}
set log ${box.path("monit.log")}
check process api with pidfile ${cwd}/api.pid
  start program = "${box.path("start.sh")}"
  stop program = "/bin/true"
`, { mode: 0o600 });
  startStray([join(directoryOf("monit"), "monit"), "-I", "-c", box.path("monitrc")], { cwd: box.directory });
  const kept = await theOne("server.mjs");
  await orphaned(kept);
  const agent = await watch(t, box);
  await spares(agent, [kept], named);
  assert.deepEqual(intentsOf(agent.settings), []);
  assert.equal((await theOne("server.mjs")).pid, kept.pid, "monit had nothing to start again");
});

const startDaemon = (cwd, pidfile) => run("/usr/sbin/start-stop-daemon", [
  "--start", "--background", "--make-pidfile", "--pidfile", pidfile, "--chdir", cwd,
  "--exec", process.execPath, "--", "server.mjs",
], { env: plainEnvironment(env) });

test("a daemon whose pidfile lies in its working directory is held", async (t) => {
  const box = sandbox();
  const cwd = box.app("plain");
  await startDaemon(cwd, `${cwd}/api.pid`);
  await spares(await watch(t, box), [await theOne("server.mjs")], named);
});

test("a daemon whose pidfile lies in /run is held", async (t) => {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  if (!mounts.includes("strayd-run /run ")) return t.skip("there is no /run of its own");
  const box = sandbox();
  await startDaemon(box.app("plain"), "/run/api.pid");
  await spares(await watch(t, box), [await theOne("server.mjs")], named);
});

test("a daemon that wrote its pidfile as its own user is held", async (t) => {
  const box = sandbox();
  const cwd = box.app("plain");
  chownSync(cwd, nobody.uid, nobody.gid);
  startStray(["sh", "-c", "node server.mjs & echo $! >api.pid"], { cwd, env, user: nobody });
  const kept = await theOne("server.mjs");
  await orphaned(kept);
  await spares(await watch(t, box), [kept], named);
});

test("a daemon whose pidfile lies in a directory that the configuration names is held", async (t) => {
  const box = sandbox();
  const directory = box.make("pids");
  await startDaemon(box.app("plain"), `${directory}/api.pid`);
  await spares(await watch(t, box, { pidfiles: [directory] }), [await theOne("server.mjs")], named);
});

for (const [what, spoil] of [
  ["was written before the process began", (file) => utimesSync(file, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600)],
  ["belongs to another user", (file) => chownSync(file, nobody.uid, nobody.gid)],
]) {
  test(`a pidfile that ${what} holds nothing`, async (t) => {
    const box = sandbox();
    const cwd = box.app("plain");
    startStray(["node", "server.mjs"], { cwd, env });
    const stray = await theOne("server.mjs");
    writeFileSync(`${cwd}/api.pid`, `${stray.pid}\n`);
    spoil(`${cwd}/api.pid`);
    await ends(await watch(t, box), stray, "stray", { within: 20 * seconds });
  });
}
