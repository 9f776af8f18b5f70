// One host of the stage, alone in its PID namespace: PM2, its apps, and strayd.
//
//   host.mjs NAME EXCHANGE_PORT LISTEN
//
// Says "ready" when it is, and plays its part when a line comes in.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { npmRun, startManaged, startStray } from "../e2e/support/backends.mjs";
import { startPm2 } from "../e2e/support/pm2.mjs";
import { below } from "../e2e/support/processes.mjs";
import { freePort, sandbox } from "../e2e/support/sandbox.mjs";
import { configure, plainServer, startStrayd, tsxServer } from "../e2e/support/strayd.mjs";

const [name, exchangePort, listen] = process.argv.slice(2);
const t = { after() {} };  // the namespace ends it all
const url = (who) => `ws://127.0.0.1:${exchangePort}/${name}-${who}`;
const exchange = { url, connected: async () => [] };

const box = sandbox();
const pm2 = startPm2(t, box);
const backend = "tradebaas-backend";
const source = join(box.app(backend), "src/server.ts");
await npmRun(box, pm2, exchange, name === "trading-1" ? "start" : "dev");
await startManaged(pm2, exchange, "api", ["server.mjs", "--name", "api", "-i", "2"], { cwd: box.app("plain"), instances: 2 });
await startManaged(pm2, exchange, "worker", ["server.mjs", "--name", "worker"], { cwd: box.app("plain") });
await startStrayd(t, await configure(box, {
  mode: name === "trading-1" ? "enforce" : "observe",
  rules: [tsxServer, plainServer],
  remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [Number(exchangePort)] }],
  web: { listen },
}));

const stray = async (cwd, command) => startStray(command, {
  cwd: box.app(cwd),
  env: { PORT: String(await freePort()), EXCHANGE_URL: url("stray"), npm_config_cache: box.path("npm-cache") },
});

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone with its parent
  }
}

const parts = {
  deploy: () => pm2.cli(["restart", "all"]),
  // What the cleanup script of the incident did, every time.
  async cleanup() {
    const root = await pm2.pid(backend);
    for (const pid of [...below(root).map((each) => each.pid), root]) end(pid);
  },
  orphan: () => stray(backend, ["npx", "tsx", "src/server.ts"]),
  plainOrphan: () => stray("plain", ["node", "server.mjs"]),
  // The server outlives its wrapper and keeps the port.
  leftover: async () => process.kill(await pm2.pid(backend), "SIGKILL"),
  touch: () => appendFileSync(source, "// touched\n"),
  break: () => writeFileSync(source, `throw new Error("broken");\n${readFileSync(source, "utf8")}`),
  silence: () => process.kill(pm2.god().pid, "SIGSTOP"),
  speak: () => process.kill(pm2.god().pid, "SIGCONT"),
};

console.log("ready");
for await (const part of createInterface({ input: process.stdin })) {
  Promise.resolve(parts[part]()).catch((error) => console.error(`${name}: ${part}: ${error.message}`));
}
