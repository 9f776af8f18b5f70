// The backends of the stories: under PM2, and astray beside it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import assert from "node:assert/strict";
import { describe, lives, withEnvironment } from "./processes.mjs";
import { asUser, freePort, plainEnvironment } from "./sandbox.mjs";
import { until } from "./wait.mjs";

// A managed backend is up when PM2 says so and the exchange hears it.
export async function startManaged(pm2, exchange, name, args, { cwd, instances = 1, env = {} } = {}) {
  const port = await freePort();
  await pm2.cli(["start", ...args], {
    cwd,
    env: { PORT: String(port), EXCHANGE_URL: exchange.url(name), ...env },
  });
  await pm2.online(name, instances);
  return { name, port, instances, connections: await exchange.connected(name, instances) };
}

// PM2 gives an app up that ended 16 times within a second of its start; one that
// takes longer to fail, it starts for ever. So does this.
export const forEver = ["--max-restarts", "1000000"];

// The incident's app: PM2 > npm > sh > tsx > node.
export const npmRun = (box, pm2, exchange, script, name = "tradebaas-backend", options = []) =>
  startManaged(pm2, exchange, name, ["npm", "--name", name, ...options, "--", "run", script], {
    cwd: box.app("tradebaas-backend"),
  });

// tsx starts and ends this helper as it likes.
const comesAndGoes = ({ argv }) => argv[0]?.endsWith("esbuild");

// Starts a command that nobody owns: its parent is pid 1, its environment is
// that of a login. It is found by a mark that all it becomes inherits.
export function startStray(command, { cwd, env = {}, user }) {
  const mark = randomUUID();
  spawn("setsid", ["--fork", ...asUser(user), ...command], {
    cwd, env: plainEnvironment({ ...env, STRAY_MARK: mark }), stdio: "ignore",
  });
  const all = () => withEnvironment(`STRAY_MARK=${mark}`).filter(({ argv }) => argv[0] !== "setsid");
  return { all, processes: () => all().filter((process) => !comesAndGoes(process)) };
}

// `npx tsx src/server.ts`, outside PM2, up and connected.
export async function startStrayServer(box, exchange, name = "stray", user = undefined) {
  const stray = startStray(["npx", "tsx", "src/server.ts"], {
    cwd: box.app("tradebaas-backend"),
    env: { PORT: String(await freePort()), EXCHANGE_URL: exchange.url(name), npm_config_cache: box.path(`npm-${name}`) },
    user,
  });
  await exchange.connected(name);
  return stray;
}

// A picture of what PM2 owns and of the links to the exchange; `check` compares.
// The daemon runs short-lived helpers of its own, so that more is no difference;
// before one has executed its program it still has the daemon's title.
export async function picture(pm2, exchange, backends) {
  const god = pm2.god();
  const helps = ({ parent, argv }) => parent === god.pid && (argv[0] === "df" || argv[0]?.startsWith("PM2 v"));
  const tree = pm2.owned().filter((process) => !comesAndGoes(process) && !helps(process));
  const restarts = new Map();
  for (const { name } of backends) restarts.set(name, await pm2.restarts(name));

  return {
    async check() {
      assert.ok(lives(god), "the God Daemon lives");
      assert.equal(describe(tree.filter((process) => !lives(process))), "", "all that PM2 owned lives");
      for (const { name, connections } of backends) {
        assert.equal(await pm2.restarts(name), restarts.get(name), `PM2's restart count of ${name}`);
        assert.deepEqual(exchange.openOf(name), connections, `the very same connections of ${name}`);
        assert.equal(exchange.of(name).length, connections.length, `${name} never connected again`);
      }
    },
    async alive() {
      await this.check();
      for (const connection of backends.flatMap((backend) => backend.connections)) await exchange.beats(connection);
    },
  };
}

export async function serves(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) });
  return (await answer.json()).pid;
}

export const gone = (stray, options) =>
  until("the stray is gone", () => stray.all().length === 0, options);
