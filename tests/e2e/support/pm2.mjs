// The real PM2, through its command line. Its list is read from its socket, by
// the one request that is known to be harmless: `pm2 jlist` costs a third of a
// CPU second, and may start a daemon where a test has just ended one.
import { execFile } from "node:child_process";
import { chownSync, existsSync, readFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { below, processOf } from "./processes.mjs";
import { asUser, plainEnvironment } from "./sandbox.mjs";
import { until } from "./wait.mjs";

const run = promisify(execFile);
const cli = join(process.env.SCRATCH, "node_modules/pm2/bin/pm2");
const request = Buffer.concat([
  '\x12', '\0\0\0\x37j:{"type":"call","method":"getMonitorData","args":[{}]}', '\0\0\0\x06s:test',
].map((text) => Buffer.from(text, "latin1")));

// AMP: one byte with the count of arguments, then each with its length before it.
function firstArgument(bytes) {
  if (bytes.length < 5) return undefined;
  const length = bytes.readUInt32BE(1);
  return bytes.length >= 5 + length ? bytes.subarray(5, 5 + length).toString() : undefined;
}

function askList(socketPath) {
  return new Promise((done, fail) => {
    const socket = connect(socketPath);
    let bytes = Buffer.alloc(0);
    socket.setTimeout(20_000, () => socket.destroy(new Error("PM2 did not answer within 20 s")));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("PM2 closed the connection")));
    socket.on("data", (data) => {
      bytes = Buffer.concat([bytes, data]);
      const argument = firstArgument(bytes);
      if (argument === undefined) return;
      done(JSON.parse(argument.slice(2)).args[0]);
      socket.destroy();
    });
    socket.write(request);
  });
}

// user: { uid, gid }; the daemon and its apps run as that user.
export function startPm2(t, box, { name = "pm2", user, env: more = {} } = {}) {
  const home = box.make(name);
  if (user) chownSync(home, user.uid, user.gid);
  const environment = plainEnvironment({
    PM2_HOME: home,
    HOME: home,
    PM2_DISABLE_VERSION_CHECK: "1",
    PM2_DISCRETE_MODE: "1",
    PM2_PROGRAMMATIC: "true",
    NO_UPDATE_NOTIFIER: "1",
    ...more,
  });
  const as = asUser(user);
  const sockets = ["rpc.sock", "pub.sock"].map((name) => join(home, name));

  const pm2 = {
    home,
    socket: sockets[0],

    // Runs `pm2 …` and resolves to what it printed.
    async cli(args, { cwd = box.directory, env = {}, timeout = 120_000 } = {}) {
      const [program, ...rest] = [...as, process.execPath, cli, ...args];
      const { stdout } = await run(program, rest, { cwd, env: { ...environment, ...env }, timeout, maxBuffer: 64 << 20 });
      return stdout;
    },

    list: () => askList(pm2.socket),
    async instances(app) {
      return (await pm2.list()).filter((entry) => entry.name === app);
    },
    async restarts(app) {
      return (await pm2.instances(app)).map((entry) => entry.pm2_env.restart_time).reduce((a, b) => a + b, 0);
    },
    // PM2 says 0 between an end and the next start, which for kill() is the
    // process group of the caller.
    async pid(app) {
      return until(`${app} has a process`, async () => (await pm2.instances(app))[0].pid);
    },
    async online(app, count = 1) {
      return until(`${count} instance(s) of ${app} online`, async () => {
        const all = await pm2.instances(app);
        return all.length === count && all.every((entry) => entry.pm2_env.status === "online") && all;
      });
    },

    // The daemon of this home: its file names the one that was started last.
    god: () => processOf(Number(readFileSync(join(home, "pm2.pid"), "utf8"))),
    owned: () => below(pm2.god().pid),

    // Puts the sockets out of the way, so that something else can take their
    // paths, or that a command finds no daemon and starts another.
    hideSockets: () => sockets.forEach((path) => renameSync(path, `${path}.real`)),
    restoreSockets: () => sockets.forEach((path) => renameSync(`${path}.real`, path)),
  };

  t.after(async () => {
    if (existsSync(`${pm2.socket}.real`)) pm2.restoreSockets();
    const god = existsSync(join(home, "pm2.pid")) && pm2.god();
    if (god?.state === "T") process.kill(god.pid, "SIGCONT");
    // What is still there after this ends with the namespace.
    await pm2.cli(["kill"], { timeout: 20_000 }).catch(() => {});
  });
  return pm2;
}
