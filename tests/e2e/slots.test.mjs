// Two instances of one app serve two ports: what the one leaves behind is not
// replaced by the other.
import { writeFileSync } from "node:fs";
import test from "node:test";
import { ecosystem, ends, orphaned, outlasting, servedBy, server, soon, spares } from "./support/owned.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const killTimeout = 500;

// The launch ends with its server.
const script = `
node server.mjs
exit $?
`;
const listening = `
import { createServer } from "node:http";
const server = createServer((_, response) => {
  response.setHeader("connection", "close");
  response.end(JSON.stringify({ pid: process.pid }));
}).listen(process.env.PORT, "127.0.0.1");
process.on("SIGUSR2", () => server.close());
setInterval(() => {}, 1000);
`;

const instances = (box, port) => ecosystem(box, {
  name: "api", script: "start.sh", interpreter: "bash", cwd: box.directory, instances: 2, exec_mode: "fork",
  increment_var: "PORT", env: { PORT: port }, kill_timeout: killTimeout,
  // So that the instance whose port is taken is soon given up.
  max_restarts: 2, min_uptime: "60s",
});

const states = async (pm2) => (await pm2.instances("api"))
  .sort((one, other) => one.pm2_env.PORT - other.pm2_env.PORT)
  .map(({ pm2_env: { status } }) => status).join();

// The old server of the first instance holds its port, PM2 has given the new
// first instance up, and the new second one serves.
async function halfReplaced(t) {
  const box = sandbox();
  writeFileSync(box.path("start.sh"), script);
  writeFileSync(box.path("server.mjs"), listening);
  const port = await freePort();
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", instances(box, port)]);
  await pm2.online("api", 2);
  const old = await servedBy(port);
  await servedBy(port + 1);
  const agent = await startStrayd(t, await configure(box, { rules: [server], scan: soon }));
  await agent.scans(3);

  process.kill(old.parent, "SIGKILL");
  await orphaned(old);
  await pm2.cli(["delete", "api"]);
  await pm2.cli(["start", instances(box, port)]);
  await until("PM2 gives the first instance up", async () => (await states(pm2)) === "errored,online");
  await spares(agent, [old], { duration: outlasting(killTimeout), why: ["only_copy"] });
  return { box, pm2, port, old, agent };
}

test("the only server of its port is held beside another instance, until its own successor serves elsewhere", async (t) => {
  const { box, pm2, port, old, agent } = await halfReplaced(t);
  await pm2.cli(["delete", "api"]);
  await pm2.cli(["start", instances(box, port + 10)]);
  await pm2.online("api", 2);
  await servedBy(port + 10);
  await ends(agent, old, "leftover");
});

test("the old server of an instance is ended when its successor serves the port that it has given up", async (t) => {
  const { pm2, port, old, agent } = await halfReplaced(t);
  process.kill(old.pid, "SIGUSR2");
  await pm2.cli(["restart", "api"]);
  await pm2.online("api", 2);
  await servedBy(port);
  await ends(agent, old, "leftover");
});
