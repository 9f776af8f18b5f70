// A program that keeps children need not be in any list to be believed.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { startStray } from "./support/backends.mjs";
import { directoryOf, ends, running, server, soon, spares, theOne } from "./support/owned.mjs";
import { lives, processOf } from "./support/processes.mjs";
import { plainEnvironment, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const seconds = 1000;
const run = promisify(execFile);
// Long enough to see and to end an orphan three times over.
const watched = 6 * seconds;
const possible = { duration: watched, why: ["possible_supervisor"] };

const keepers = {
  "keeper.mjs": `
import { spawn } from "node:child_process";
const keep = () => spawn("node", ["server.mjs"], { stdio: "ignore" }).on("exit", () => setTimeout(keep, 200));
keep();
`,
  // What ends is started again, but not before long.
  "respawn.mjs": `
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
const keep = () => spawn("node", [process.argv[2]], { stdio: "ignore" }).on("exit", () => {
  writeFileSync("paused", "");
  setTimeout(keep, 600_000);
});
keep();
`,
  // Keeps nothing: what it is told to run, it runs itself.
  "load.mjs": `
await import(new URL(process.argv[2], import.meta.url));
`,
  "keeper.sh": `
while true; do
  node server.mjs
  sleep 0.2
done
`,
  // Keeps nothing: what it has started, it waits for.
  "start.sh": `
echo "starting"
node server.mjs
echo "it ended: $?"
`,
};

function house() {
  const box = sandbox();
  const cwd = box.app("plain");
  for (const [name, text] of Object.entries(keepers)) writeFileSync(join(cwd, name), text);
  return { box, cwd, env: { PORT: "0" } };
}

const watch = async (t, box, more = {}) => startStrayd(t, await configure(box, { rules: [server], scan: soon, ...more }));

test("what a program of nobody's list keeps is held, and its keeper is named, in a terminal, too", async (t) => {
  for (const terminal of [false, true]) {
    const { box, cwd, env } = house();
    if (terminal) await inTerminal(t, "node keeper.mjs", { cwd, env });
    else startStray(["node", "keeper.mjs"], { cwd, env });
    const kept = await theOne("server.mjs");
    const agent = await watch(t, box);
    await spares(agent, [kept], possible);
    const { candidates } = await agent.status();
    assert.match(candidates.find(({ pid }) => pid === kept.pid).reason, new RegExp(`\\bpid ${kept.parent}\\b`));
    await agent.end();
    for (const keeper of running("keeper.mjs")) process.kill(keeper.pid, "SIGKILL");
    for (const left of running("server.mjs")) process.kill(left.pid, "SIGKILL");
    await until("the keeper is gone", () => running("server.mjs").length === 0);
  }
});

test("what keeps a program is held while that has ended, and what loads one in its own process is ended", async (t) => {
  const { box, cwd, env } = house();
  startStray(["node", "respawn.mjs", "server.mjs"], { cwd, env: { PORT: "99999" } });  // there is none
  await until("what it keeps has ended", () => existsSync(join(cwd, "paused")));
  const keeper = await theOne("respawn.mjs");
  startStray(["node", "load.mjs", "server.mjs"], { cwd, env });
  const loader = await theOne("load.mjs");
  const agent = await watch(t, box);
  await spares(agent, [keeper], possible);
  await ends(agent, loader, "stray");
  assert.ok(lives(keeper));
});

test("forever and what it keeps are held", async (t) => {
  const { box, cwd, env } = house();
  const forever = join(process.env.SCRATCH, "node_modules/forever/bin/forever");
  await run(process.execPath, [forever, "start", "server.mjs"], { cwd, env: plainEnvironment({ ...env, HOME: box.make("home") }) });
  const kept = await theOne("server.mjs");
  const [monitor] = running("monitor");
  assert.equal(kept.parent, monitor.pid);
  const agent = await watch(t, box);
  await spares(agent, [kept], possible);
  assert.deepEqual(intentsOf(agent.settings), [], "nor for the monitor, though the rule means it, too");
  assert.ok(lives(monitor));
  assert.deepEqual(running("server.mjs").map(({ pid }) => pid), [kept.pid]);
});

test("a supervisord that goes by its interpreter's name keeps what it runs", async (t) => {
  const { box, cwd, env } = house();
  writeFileSync(box.path("supervisord.conf"), `
[supervisord]
nodaemon=true
user=root
logfile=${box.path("supervisord.log")}
pidfile=${box.path("supervisord.number")}
[program:api]
command=node server.mjs
directory=${cwd}
environment=PORT="0"
`);
  // Unpacked where it is not installed, its modules lie beside its programs.
  const modules = join(dirname(directoryOf("supervisord")), "lib/python3/dist-packages");
  startStray(["/usr/bin/python3", "-m", "supervisor.supervisord", "-c", box.path("supervisord.conf")], {
    cwd, env: { ...env, PYTHONPATH: modules },
  });
  const kept = await theOne("server.mjs");
  await spares(await watch(t, box), [kept], possible);
});

// An interactive shell on a terminal of its own, whose session it leads, and a
// command in its background.
async function inTerminal(t, command, { cwd, env }) {
  const terminal = spawn("script", ["--quiet", "--return", "/dev/null"], {
    cwd, env: plainEnvironment({ ...env, SHELL: "/bin/bash" }), stdio: ["pipe", "ignore", "ignore"],
  });
  t.after(() => terminal.kill("SIGKILL"));
  terminal.stdin.write(`${command} &\n`);
  const started = await theOne("server.mjs");
  const shell = processOf(started.session);
  assert.deepEqual(shell.argv, ["bash", "-i"]);
  return { started, shell };
}

// A shell owns nothing of what a script of it runs, be it a loop.
for (const command of ["node server.mjs", "bash start.sh", "bash keeper.sh"]) {
  test(`what somebody started in a terminal is a stray while the shell lives, too: ${command}`, async (t) => {
    const { box, cwd, env } = house();
    const { started, shell } = await inTerminal(t, command, { cwd, env });
    const agent = await watch(t, box);
    await ends(agent, started, "stray", { within: 20 * seconds });
    assert.ok(lives(shell), "the shell is nobody's orphan");
  });
}

const keeper = { name: "keeper", pattern: "keeper\\.mjs", exe: "node" };

test("a program that is named as a carrier owns nothing of what it starts", async (t) => {
  const { box, cwd, env } = house();
  startStray(["node", "keeper.mjs"], { cwd, env });
  const kept = await theOne("server.mjs");
  const agent = await watch(t, box, { carriers: [keeper] });
  await ends(agent, kept, "stray", { within: 20 * seconds });
});

test("a program that is named as a supervisor owns what is below it, in a terminal, too", async (t) => {
  const { box, cwd, env } = house();
  const { started } = await inTerminal(t, "node keeper.mjs", { cwd, env });
  const agent = await watch(t, box, { supervisors: [keeper] });
  await spares(agent, [started], { duration: watched, verdict: "managed", why: ["below_supervisor"] });
});
