// An app that is a launcher: it starts the server in the background and ends. A
// later launch that finds the server running ends, too, and takes no one's place.
import { writeFileSync } from "node:fs";
import test from "node:test";
import { ecosystem, outlasting, server, soon, spares, theOne } from "./support/owned.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const killTimeout = 500;

const keepAlive = `
if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then exit 0; fi
nohup node server.mjs >/dev/null 2>&1 </dev/null &
exit 0
`;
// Of a server that no port tells of.
const keepWorking = `
if [ -e worker ] && kill -0 "$(cat worker)"; then exit 0; fi
nohup node server.mjs >/dev/null 2>&1 </dev/null &
echo $! >worker
exit 0
`;
const listening = `
import { createServer } from "node:http";
createServer((_, response) => response.end()).listen(process.env.PORT, "127.0.0.1");
`;
const working = "setInterval(() => {}, 1000);\n";

const restarted = (pm2) => pm2.cli(["restart", "api"]);
const byItself = () => {};

for (const [what, script, program, options, again] of [
  ["a restart of the launcher", keepAlive, listening, {}, restarted],
  ["a launcher that PM2 starts by the clock", keepAlive, listening, { cron_restart: "*/4 * * * * *" }, byItself],
  ["a restart of the launcher of a worker without a port", keepWorking, working, {}, restarted],
]) {
  test(`${what} leaves alone what the launch before has started`, async (t) => {
    const box = sandbox();
    writeFileSync(box.path("keep.sh"), script);
    writeFileSync(box.path("server.mjs"), program);
    const pm2 = startPm2(t, box);
    await pm2.cli(["start", ecosystem(box, {
      name: "api", script: "keep.sh", interpreter: "bash", cwd: box.directory, autorestart: false,
      kill_timeout: killTimeout, env: { PORT: await freePort() }, ...options,
    })]);
    const started = await theOne("server.mjs");
    const agent = await startStrayd(t, await configure(box, { rules: [{ ...server, reap: "leftover" }], scan: soon }));
    await agent.scans(3);

    const launches = async () => (await pm2.instances("api"))[0].pm2_env.pm_uptime;
    const first = await launches();
    await again(pm2);
    await until("there was another launch", async () => (await launches()) > first);
    await spares(agent, [started], { duration: outlasting(killTimeout), why: ["only_copy", "let_go"] });
  });
}
