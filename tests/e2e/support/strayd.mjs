// strayd itself: a configuration, the agent, one-shot commands, and what it says
// about itself on each of its channels.
import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lives, processOf } from "./processes.mjs";
import { freePort, plainEnvironment } from "./sandbox.mjs";
import { until } from "./wait.mjs";

const program = process.env.STRAYD_BIN;

export const tsxServer = { name: "tsx-server", pattern: "tsx.*server\\.ts", exe: "node", grace: "3s" };
export const plainServer = { name: "plain-server", pattern: "server\\.mjs", exe: "node", grace: "3s" };
export const stubborn = { name: "stubborn", pattern: "stubborn\\.mjs", exe: "node", grace: "1s" };

// How all agents scan where a test does not say, as JSON: the whole suite passes
// with each source, {"source": "bpf"}, {"rotation": 0}, {"events": false}.
const everywhere = JSON.parse(process.env.STRAYD_E2E_SCAN || "{}");

// Quick where an operator would be patient: a test has no minutes.
// as: who the agent runs as, see unit.mjs; root where a test does not say.
export async function configure(box, { name = "strayd", rules = [tsxServer], as, ...more } = {}) {
  const directory = box.make(name);
  if (as) chownSync(directory, as.uid, as.gid);
  const config = {
    mode: "enforce",
    rules,
    pm2: { homes: "auto", timeout: "10s" },
    ...more,
    scan: { interval: "1s", min_age: "1s", confirmations: 2, settle: "3s", ...everywhere, ...more.scan },
    limits: { kills_per_scan: 10, kills_per_hour: 1000, ...more.limits },
    state: { dir: join(directory, "state"), ...more.state },
    audit: { file: join(directory, "audit.jsonl"), ...more.audit },
    web: { listen: `127.0.0.1:${await freePort()}`, ...more.web },
  };
  const file = join(directory, "strayd.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return { directory, file, config, before: as?.before ?? [] };
}

// One command, to its end: { status, stdout, stderr }. Any exit code is an answer.
export function command(args, { env = {}, timeout = 120_000 } = {}) {
  return new Promise((done, fail) => {
    execFile(program, args, { env: plainEnvironment(env), timeout, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") {
        return fail(new Error(`strayd ${args.join(" ")} ended by ${error.signal ?? error.code}: ${stderr}`));
      }
      done({ status: error ? error.code : 0, stdout, stderr });
    });
  });
}

export async function scan(settings, ...args) {
  return command(["scan", "--config", settings.file, ...args]);
}

export async function scanJson(settings, ...args) {
  const result = await scan(settings, "--json", ...args);
  return { ...result, report: JSON.parse(result.stdout) };
}

export function auditOf(settings) {
  const { file } = settings.config.audit;
  if (!existsSync(file)) return [];
  // A last line without its end is still being written, or was torn by a kill.
  return readFileSync(file, "utf8").split("\n").slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}
export const intentsOf = (settings) => auditOf(settings).filter(({ event }) => event === "intent");

// The sum of the series with these labels; undefined: there is none.
export function sample(exposition, name, labels = {}) {
  let sum;
  for (const line of exposition.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match || match[1] !== name) continue;
    const found = Object.fromEntries([...(match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      .map(([, key, value]) => [key, value]));
    if (Object.entries(labels).every(([key, value]) => found[key] === value)) {
      sum = (sum ?? 0) + Number(match[3]);
    }
  }
  return sum;
}

// Starts the agent without waiting for anything.
export function launch(t, settings, ...args) {
  const [first, ...rest] = [...settings.before, program, "run", "--config", settings.file, ...args];
  const child = spawn(first, rest, {
    env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"],
  });
  const agent = {
    settings,
    child,
    log: "",
    self: processOf(child.pid),
    url: (path) => `http://${settings.config.web.listen}${path}`,

    async get(path, options = {}) {
      return fetch(agent.url(path), { signal: AbortSignal.timeout(10_000), ...options });
    },
    async metrics() {
      const response = await agent.get("/metrics");
      if (!response.ok) throw new Error(`/metrics: ${response.status}`);
      return response.text();
    },
    sample,
    metric: async (name, labels) => sample(await agent.metrics(), name, labels),
    async status() {
      return (await agent.get("/api/v1/status")).json();
    },
    // Waits for what only a running strayd brings about: one that has ended is
    // not waited for, and the log of one that does not do it is in the error.
    async until(what, look, options = {}) {
      const over = () => child.exitCode !== null || child.signalCode !== null;
      try {
        await until(what, async () => over() || (await look()), options);
      } catch (error) {
        throw new Error(`${error.message}; strayd says:\n${agent.log}`, { cause: error.cause });
      }
      if (over()) throw new Error(`strayd ended with ${child.exitCode ?? child.signalCode}:\n${agent.log}`);
    },
    async ready() {
      await agent.until("strayd is ready", async () => (await agent.get("/-/ready")).ok);
      return agent;
    },
    // `count` scans that began after now.
    async scans(count, options = {}) {
      const target = (await agent.metric("strayd_scans_total")) + count + 1;
      await until(`${count} more scans`, async () => (await agent.metric("strayd_scans_total")) >= target, options);
    },
    // Sends a signal and resolves to how the agent ended, and how soon.
    async end(signal = "SIGTERM") {
      const begun = Date.now();
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await agent.ended;
      return { status: child.exitCode, signal: child.signalCode, after: Date.now() - begun };
    },
    lives: () => lives(agent.self),
    // Another one, of the same settings.
    again: () => startStrayd(t, settings, ...args),
  };
  agent.ended = new Promise((done) => child.on("close", done));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (agent.log += text));
  }
  t.after(async () => {
    await agent.end("SIGKILL");
    if (process.env.E2E_SHOW_LOG) console.log(agent.log);
  });
  return agent;
}

export async function startStrayd(t, settings, ...args) {
  return launch(t, settings, ...args).ready();
}
