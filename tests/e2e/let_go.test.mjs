// What an app has let go on purpose is not its leftover; what it lost is.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { ecosystem, ends, orphaned, outlasting, servedBy, server, soon, spares } from "./support/owned.mjs";
import { below, processOf } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd, tsxServer } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const killTimeout = 500;
const leftovers = (rule) => ({ rules: [{ ...rule, reap: "leftover", grace: "3s" }], scan: soon });

// A webhook: on a request it runs a script that deploys other services.
const hook = `
import { execFile } from "node:child_process";
import { createServer } from "node:http";
createServer((_, response) => {
  execFile("bash", ["deploy.sh"], () => {});
  response.end("{}");
}).listen(process.env.PORT, "127.0.0.1");
`;
const deploy = ([nohup, setsid]) => `
PORT=${nohup} nohup node server.mjs >/dev/null 2>&1 </dev/null &
PORT=${setsid} setsid node server.mjs >/dev/null 2>&1 </dev/null &
`;

test("the services that an app's script started to live on are held when the app is restarted", async (t) => {
  const box = sandbox();
  const cwd = box.app("plain");
  const [port, ...deployed] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(`${cwd}/hook.mjs`, hook);
  writeFileSync(`${cwd}/deploy.sh`, deploy(deployed));
  const pm2 = startPm2(t, box);
  await pm2.cli(["start", ecosystem(box, { name: "hook", script: "hook.mjs", cwd, kill_timeout: killTimeout, env: { PORT: port } })]);
  await pm2.online("hook");
  const agent = await startStrayd(t, await configure(box, leftovers(server)));
  await agent.scans(6);  // the hook is no child of a moment ago

  const asked = () => fetch(`http://127.0.0.1:${port}/`);
  await until("the hook takes requests", async () => (await asked()).ok, { step: 5000 });
  const services = [await servedBy(deployed[0]), await servedBy(deployed[1])];
  for (const service of services) await orphaned(service);
  await agent.scans(2);
  await pm2.cli(["restart", "hook"]);
  await spares(agent, services, { duration: outlasting(killTimeout), why: ["let_go"] });
});

for (const [what, rule, cwd, app, middle] of [
  ["concurrently", server, "plain", {
    script: join(process.env.SCRATCH, "node_modules/concurrently/dist/bin/concurrently.js"),
    args: ["--restart-tries", "-1", "--restart-after", "1000", "node server.mjs; exit $?", "sleep 999"],
  }, "sh"],
  ["npm", tsxServer, "tradebaas-backend", { script: "npm", args: ["run", "forever"] }, "node"],
]) {
  test(`the server whose wrapper was killed below a living ${what} is ended when the app is restarted`, async (t) => {
    const box = sandbox();
    const port = await freePort();
    writeFileSync(`${box.app("tradebaas-backend")}/package.json`, JSON.stringify({
      type: "module", scripts: { forever: "while true; do tsx src/server.ts; sleep 1; done" },
    }));
    const pm2 = startPm2(t, box);
    await pm2.cli(["start", ecosystem(box, {
      name: "api", cwd: box.app(cwd), kill_timeout: killTimeout, env: { PORT: port }, ...app,
    })]);
    await pm2.online("api");
    const serving = await servedBy(port);
    const agent = await startStrayd(t, await configure(box, leftovers(rule)));
    await agent.scans(6);

    const wrapper = processOf(serving.parent);
    if (wrapper.argv[0].split("/").at(-1) !== middle) throw new Error(`above it is ${wrapper.argv.join(" ")}`);
    const launch = await pm2.pid("api");
    process.kill(wrapper.pid, "SIGKILL");
    await orphaned(serving);
    await agent.scans(2);
    if ((await pm2.pid("api")) !== launch) throw new Error("its launch has ended, too");

    await pm2.cli(["restart", "api"]);
    await ends(agent, serving, "leftover");
    const successor = await servedBy(port);
    const root = await pm2.pid("api");
    await until("the new launch serves", () => below(root).some(({ pid }) => pid === successor.pid));
  });
}
