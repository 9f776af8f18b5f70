// Up means serving: what strayd says of a backend is what a probe of its port says,
// whatever stands between PM2 and the server, and whatever PM2 says.
import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import test from "node:test";
import { serves } from "./support/backends.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const bin = new URL("./node_modules/.bin/", import.meta.url).pathname;
const server = `
import { createServer } from "node:http";
createServer((_, response) => {
  response.setHeader("connection", "close");
  response.end(JSON.stringify({ pid: process.pid }));
}).listen(Number(process.env.PORT), "127.0.0.1");
`;
const broken = `throw new Error("broken");\n${server}`;

const watchers = {
  "node --watch": ["node", "--watch server.mjs"],
  "node --watch --import tsx": ["node", "--watch --import tsx server.mjs"],
  "tsx watch": [join(bin, "tsx"), "watch server.mjs"],
  concurrently: [join(bin, "concurrently"), '"node server.mjs" "sleep 3600"'],
  // A watcher of nobody's list: it starts the server once it can.
  "a loop": ["bash", "-c 'while sleep 1; do node server.mjs; done'"],
};

// The app below that program, and a strayd that has seen it serve.
async function scene(t, [script, args], more = {}) {
  const box = sandbox();
  const directory = box.make("app");
  const port = await freePort();
  const source = join(directory, "server.mjs");
  const write = (text) => writeFileSync(source, text);
  write(server);
  // What `--import tsx` is looked for from.
  writeFileSync(join(directory, "package.json"), "{}");
  symlinkSync(join(bin, ".."), join(directory, "node_modules"));
  const pm2 = startPm2(t, box);
  const file = box.path("app.json");
  writeFileSync(file, JSON.stringify({
    apps: [{ name: "api", script, args, interpreter: "none", cwd: directory, env: { PORT: port }, ...more }],
  }));
  await pm2.cli(["start", file]);
  await until("it serves", () => serves(port));
  const settings = await configure(box, { mode: "observe", rules: [{ name: "mine", pattern: "server\\.mjs", exe: "node" }] });
  const agent = await startStrayd(t, settings);
  const of = { app: "api" };
  const metric = (name) => agent.metric(`strayd_backend_${name}`, of);
  const isUp = (value) => agent.until(`up is ${value}`, async () => (await metric("up")) === value);
  await isUp(1);
  await agent.scans(2);
  const answers = () => serves(port).catch(() => undefined);
  return { pm2, port, write, agent, metric, isUp, answers, settings };
}

for (const [name, command] of Object.entries(watchers)) {
  test(`below ${name}`, async (t) => {
    const { pm2, port, write, agent, metric, isUp, answers } = await scene(t, command);
    const since = await metric("start_time_seconds");
    const first = await serves(port);
    write(broken);
    // What does not watch is helped on.
    if (["concurrently", "a loop"].includes(name)) process.kill(first, "SIGKILL");
    await until("nobody answers", async () => (await answers()) === undefined);
    await isUp(0);
    await agent.scans(3);
    assert.equal(await answers(), undefined);
    assert.equal(await metric("up"), 0);
    assert.ok(await metric("down_since_timestamp_seconds") > since, "and it is said since when");
    await pm2.online("api");

    write(server);
    if (name === "concurrently") return;  // it starts nobody again
    if (name === "tsx watch" || name.startsWith("node")) write(`${server}// mended\n`);
    await until("another answers", async () => ![undefined, first].includes(await answers()));
    await isUp(1);
    assert.ok(await metric("start_time_seconds") > since, "its start time went on");
  });
}

test("a server that is stopped serves nobody, though its port accepts", async (t) => {
  const { port, metric, isUp, agent } = await scene(t, ["node", "server.mjs"]);
  const pid = await serves(port);
  process.kill(pid, "SIGSTOP");
  await isUp(0);
  process.kill(pid, "SIGCONT");
  await isUp(1);
  await agent.scans(1);
  assert.equal(await serves(port), pid);
  assert.ok(await metric("down_since_timestamp_seconds") > 0, "until it has served for half a minute");
});

test("an app whose port another has is down, also after a restart of strayd", async (t) => {
  const { pm2, port, isUp, answers, agent, settings } = await scene(t, ["node", "server.mjs"],
    { restart_delay: 3_600_000 });
  process.kill(await serves(port), "SIGKILL");
  await until("nobody answers", async () => (await answers()) === undefined);
  const other = createServer((_, response) => response.end(JSON.stringify({ pid: process.pid })));
  await new Promise((done) => other.listen(port, "127.0.0.1", done));
  t.after(() => other.close());
  await isUp(0);
  await agent.end();
  const next = await startStrayd(t, settings);
  await next.scans(2);
  assert.equal(await next.metric("strayd_backend_up", { app: "api" }), 0);
  assert.equal((await pm2.instances("api")).length, 1);
});
