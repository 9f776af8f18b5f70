// PM2's documented container: pm2-runtime is pid 1, so that it adopts whatever
// its apps leave behind. To be adopted by a PM2 is not to be owned by it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { serves } from "./support/backends.mjs";
import { noIntents, often, onlyThese, seconds, verdictOn, waitingServer } from "./support/parting.mjs";
import { below, describe, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, plainEnvironment, sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const runtime = join(process.env.SCRATCH, "node_modules/pm2/bin/pm2-runtime");

// A process by the pid that it has in its own namespace, too.
function withInner(process) {
  const status = readFileSync(`/proc/${process.pid}/status`, "latin1");
  return { ...process, inner: Number(/^NSpid:.*\t(\d+)$/m.exec(status)[1]) };
}
// As strayd, which is in that namespace, knows it.
const asInside = ({ inner, start }) => ({ pid: inner, start });

// pm2-runtime as pid 1 with an app of npm's, and all that is seen of it.
async function container(t, box) {
  const cwd = box.app("parting");
  const ports = { api: await freePort(), other: await freePort() };
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start: "node waiting.mjs; true" } }));
  writeFileSync(join(cwd, "container.json"), JSON.stringify({ apps: [
    { name: "api", script: "npm", args: "run start", cwd, env: { PORT: ports.api } },
    { name: "other", script: "npm", args: "run start", cwd, env: { PORT: ports.other } },
  ] }));
  const pm2 = startPm2(t, box);  // for its socket alone
  const outside = spawn("unshare", [
    "--pid", "--fork", "--mount-proc", "--kill-child", process.execPath, runtime, "start", "container.json",
  ], {
    cwd, stdio: "ignore",
    env: plainEnvironment({ PM2_HOME: pm2.home, HOME: pm2.home, PM2_DISABLE_VERSION_CHECK: "1" }),
  });
  t.after(() => outside.kill("SIGKILL"));
  const all = () => below(outside.pid).map(withInner);
  return {
    pm2, ports, all,
    init: () => all().find(({ inner }) => inner === 1),
    // Who answers there, and what PM2 calls the app.
    server: (port) => until(`something answers on ${port}`, async () => {
      const pid = await serves(port);
      return all().find(({ inner }) => inner === pid);
    }),
    async wrapper(app) {
      const pid = await pm2.pid(app);
      return all().find(({ inner }) => inner === pid);
    },
    // A command beside it, in its namespaces. It ends with who entered them.
    enter: () => ["nsenter", `--target=${all().find(({ inner }) => inner === 1).pid}`, "--pid", "--mount",
      "setpriv", "--pdeathsig=KILL", "--"],
  };
}

test("the server that pm2-runtime adopted is ended, and the newer launch serves", async (t) => {
  const box = sandbox();
  const inside = await container(t, box);
  const old = await inside.server(inside.ports.api);
  const other = await inside.server(inside.ports.other);
  const settings = await configure(box, { rules: [waitingServer], scan: often });
  settings.before = inside.enter();
  const agent = await startStrayd(t, settings);
  await agent.scans(6);
  assert.equal((await verdictOn(agent, asInside(old))).verdict, "managed");
  await throughout(3 * seconds, () => onlyThese(settings, []));

  const tree = below((await inside.wrapper("api")).pid).map(withInner);
  const others = await inside.wrapper("other");
  const wanted = [inside.init(), others, ...below(others.pid).map(withInner)];
  process.kill((await inside.wrapper("api")).pid, "SIGKILL");
  await until("it is adopted", () => inside.all().find(({ pid }) => pid === tree[0].pid).parent === inside.init().pid);
  await until("PM2 has launched it anew", async () => (await inside.pm2.restarts("api")) === 1);
  const newer = await inside.wrapper("api");
  assert.ok(lives(old) && lives(newer));

  await agent.until("the old tree is ended", () => !tree.some(lives));
  const serving = await inside.server(inside.ports.api);
  assert.ok(below(newer.pid).some(({ pid }) => pid === serving.pid), "the very launch that waited serves");
  assert.ok(wanted.some(({ pid }) => pid === other.pid));
  assert.equal(describe(wanted.filter((process) => !lives(process))), "");
  noIntents(settings, wanted.map(asInside));
  const intended = new Set(intentsOf(settings).map(({ pid }) => pid));
  assert.ok([...intended].every((pid) => tree.some(({ inner }) => inner === pid)), "none but the old tree's");
});
