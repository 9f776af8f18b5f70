#!/usr/bin/env node
// strayd beside other ways to know what runs on a host: the CPU time of each,
// over the same processes, one after the other in rounds. Needs root.
//
//   cmake --build --preset release --target strayd bench_load bench_cost bench_stat_floor bench_table
//   node tests/bench/compare.mjs [--processes 300,2000,10000] [--rounds 5] [--build build/release]
//   node tests/bench/compare.mjs --smoke [--build build/dev]     a short run that measures nothing
//
// The processes live in a PID namespace, and end with it.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, chmodSync, mkdirSync, readdirSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { runInside } from "../e2e/support/inside.mjs";
import { withAgent } from "./lib/agent.mjs";
import { costOf, floor, table } from "./lib/cost.mjs";
import { exporterScrape } from "./lib/exporter.mjs";
import { costs, goalTable, machine } from "./lib/table.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    processes: { type: "string", default: "300,2000,10000" },
    rounds: { type: "string", default: "5" },
    slow: { type: "string", default: "2" },  // rounds with the slow ones
    apps: { type: "string", default: "20" },
    orphans: { type: "string", default: "5" },
    build: { type: "string", default: join(here, "../../build/release") },
    smoke: { type: "boolean", default: false },
    inside: { type: "boolean", default: false },
  },
});
if (options.smoke) Object.assign(options, { apps: "1", orphans: "1" });
const build = resolve(options.build);
const tools = {
  strayd: join(build, "strayd"),
  load: join(build, "tests/bench/bench_load"),
  cost: join(build, "tests/bench/bench_cost"),
  floor: join(build, "tests/bench/bench_stat_floor"),
  table: join(build, "tests/bench/bench_table"),
};
const modes = {
  "rotation 0": { rotation: 0, source: "procfs" },
  "rotation 1": { rotation: 1, source: "procfs" },
  "rotation 12": { rotation: 12, source: "procfs" },
  "source bpf": { source: "bpf" },
};
const commands = {
  "ps -eo pid,ppid,args": ["ps", "-eo", "pid,ppid,args"],
  "pgrep -f": ["pgrep", "-f", "tsx watch"],
  "strayd scan --quick": [tools.strayd, "scan", "--quick"],
};

// In namespaces of its own, as the end-to-end tests are.
const measured = (processes) => runInside(fileURLToPath(import.meta.url), [
  "--inside", "--build", build,
  "--processes", processes, "--rounds", options.rounds, "--slow", options.slow,
  "--apps", options.apps, "--orphans", options.orphans, ...(options.smoke ? ["--smoke"] : []),
], { needs: false });

// The default rule wants an executable of that name.
function startLoad(directory, processes) {
  const program = join(directory, "node");
  copyFileSync(tools.load, program);
  chmodSync(program, 0o755);
  const load = spawn(program, [processes, options.apps, options.orphans], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((ready, failed) => {
    load.stdout.once("data", ready);
    load.once("exit", () => failed(new Error("the load has ended")));
  });
}

async function round(directory, samples, slow) {
  const seconds = options.smoke ? 1 : 4;
  const add = (name, value) => {
    samples[name] ??= [];
    if (value !== undefined) samples[name].push(value);
  };
  add("floor", floor(tools));
  for (const [name, cpu] of Object.entries(table(tools))) add(name, cpu);
  for (const [name, scan] of Object.entries(modes)) {
    const perScan = await withAgent(tools, directory, { interval: "200ms", ...scan },
      (agent) => agent.cpuPerScan(seconds));
    add(name, perScan);
  }
  for (const [name, command] of Object.entries(commands)) add(name, costOf(tools, command)?.cpu_ms);
  if (!slow) return;
  add("cleanup script", costOf(tools, [join(here, "cleanup.sh")])?.cpu_ms);
  const exporter = await exporterScrape(directory);
  add("process-exporter", exporter?.cpu_ms);
  return exporter?.rss_mb;
}

async function idle(directory, samples, facts) {
  await withAgent(tools, directory, { interval: "5s" }, async (agent) => {
    const seconds = options.smoke ? 1 : 30;
    if (!options.smoke) await agent.cpuOfSeconds(15);
    facts.idlePercent = (await agent.cpuOfSeconds(seconds)) / seconds / 10;
    facts.rssMb = agent.rssMb;
  });
  await withAgent(tools, directory, { interval: "1h" }, async (agent) => {
    samples["strayd scrape"] = [await agent.cpuPerScrape(options.smoke ? 3 : 50)];
  });
}

async function measure(processes) {
  const directory = join(process.env.SCRATCH, "bench");
  mkdirSync(directory);
  await startLoad(directory, processes);
  const samples = {};
  const facts = { processes: Number(processes) };
  const rounds = options.smoke ? 1 : Number(options.rounds);
  for (let i = 0; i < rounds; i += 1) {
    const rss = await round(directory, samples, i < Number(options.slow));
    facts.exporterRssMb = rss ?? facts.exporterRssMb;
  }
  await idle(directory, samples, facts);
  const there = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
  console.log(`\n### ${processes} processes\n`);
  console.log(`${there} with the tools'; ${rounds} rounds; load ${loadavg()[0].toFixed(1)}\n`);
  console.log(`${costs(samples)}\n\n${goalTable(samples, facts)}`);
  for (const name of ["floor", ...Object.keys(modes), "strayd scan --quick", "strayd scrape"]) {
    if (!samples[name].every((value) => value > 0)) throw new Error(`${name} was not measured`);
  }
}

if (options.inside) {
  await measure(options.processes);
  process.exit();  // the load stays until its namespace ends
} else if (process.getuid() !== 0) {
  process.exitCode = spawnSync("sudo", [process.execPath, ...process.argv.slice(1)], { stdio: "inherit" }).status ?? 1;
} else {
  if (!options.smoke) console.log(machine());
  const sizes = options.smoke ? ["20"] : options.processes.split(",");
  process.exitCode = sizes.map(measured).find((status) => status !== 0) ?? 0;
}
