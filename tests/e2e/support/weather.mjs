// Apps that end when a test says so, clients of what is ended, and kills that
// have nothing to do with either.
import { readFileSync, writeFileSync } from "node:fs";
import { gone, startStray } from "./backends.mjs";
import { until } from "./wait.mjs";

export const rule = { name: "upstream", pattern: "upstream\\.mjs", exe: "node", grace: "1s" };

// Ends with CODE as often as somebody makes the file GO.
const batch = `
import { existsSync, unlinkSync } from "node:fs";
setInterval(() => {
  if (!existsSync(process.env.GO)) return;
  unlinkSync(process.env.GO);
  process.exit(Number(process.env.CODE));
}, 20);
`;

// A port, or the path of a unix socket.
const upstream = `
import { createServer } from "node:net";
const at = process.argv[2];
if (at.startsWith("/")) createServer(() => {}).listen(at);
else if (at !== "-") createServer(() => {}).listen(at, "127.0.0.1");
else setInterval(() => process.stdout.write("."), 100);
`;

// Ends with code 1 once it has lost its upstream, or when it may after that.
const client = `
import { closeSync, createReadStream, existsSync, openSync, unlinkSync } from "node:fs";
import { createConnection } from "node:net";
const { GO, UPSTREAM } = process.env;
const end = () => {
  if (GO && !existsSync(GO)) return setTimeout(end, 20);
  if (GO) unlinkSync(GO);
  process.exit(1);
};
function read() {
  let descriptor;
  try {
    descriptor = openSync(UPSTREAM, "r");
  } catch {
    return setTimeout(read, 200);
  }
  console.log("connected");
  createReadStream(null, { fd: descriptor }).on("data", () => {}).on("end", end);
}
function connect() {
  let connected = false;
  createConnection(UPSTREAM.startsWith("/") ? { path: UPSTREAM } : { port: Number(UPSTREAM), host: "127.0.0.1" })
    .on("connect", () => { connected = true; console.log("connected"); })
    .on("error", () => {})
    .on("close", () => (connected ? end() : setTimeout(connect, 200)));
}
UPSTREAM.startsWith("/proc/") ? read() : connect();
setInterval(() => {}, 1000);
`;

export function weather(box, pm2) {
  let strays = 0;
  for (const [name, text] of Object.entries({ batch, upstream, client })) {
    writeFileSync(box.path(`${name}.mjs`), text);
  }
  const go = (name) => box.path(`go-${name}`);
  const say = (name) => writeFileSync(go(name), "");
  const start = async (name, script, env) => {
    await pm2.cli(["start", box.path(`${script}.mjs`), "--name", name, "--max-restarts", "1000000"], { env });
    await pm2.online(name, 1);
  };
  return {
    say,
    startBatch: (name, code) => start(name, "batch", { GO: go(name), CODE: String(code) }),
    // late: it ends only when it is told to, after it has lost its upstream.
    async startClient(name, to, { late = false } = {}) {
      await start(name, "client", { UPSTREAM: String(to), ...(late && { GO: go(name) }) });
      const [{ pm2_env: { pm_out_log_path: log } }] = await pm2.instances(name);
      await until(`${name} is connected`, () => readFileSync(log, "utf8").includes("connected"));
    },
    startUpstream: (at) => startStray(["node", "upstream.mjs", String(at)], { cwd: box.directory }),
    // One that writes into a pipe; resolves to where its other end can be had.
    async startPiped() {
      const stray = startStray(["sh", "-c", "node upstream.mjs - | sleep 100000"], { cwd: box.directory });
      const writer = await until("it writes", () =>
        stray.processes().find(({ argv }) => argv[0].endsWith("node") && argv[1] === "upstream.mjs"));
      return `/proc/${writer.pid}/fd/1`;
    },
    async ends(name) {
      const before = await pm2.restarts(name);
      say(name);
      await until(`${name} ended and was started again`, async () => (await pm2.restarts(name)) > before);
      await pm2.online(name, 1);
    },
    // Ended by strayd, and nothing to anybody.
    async unrelatedKill() {
      const stray = startStray(["node", "upstream.mjs", box.path(`nobodys-${++strays}.sock`)], { cwd: box.directory });
      await until("the stray is there", () => stray.processes().length === 1);
      await gone(stray);
    },
  };
}
