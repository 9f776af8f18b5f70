#!/usr/bin/env node
// A storm of forks beside the agent that hears of each from the kernel: what it
// costs, whether it notices what it could not hear, and whether it sees an orphan
// whose parent came and went in the storm. Needs root and the host's pid namespace,
// of which alone the kernel tells. The agent observes; it signals nobody.
//
//   cmake --build --preset release --target strayd bench_storm
//   node tests/bench/storm.mjs [--seconds 5] [--build build/release]
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cpuMs, eventually, pause } from "./lib/cost.mjs";
import { machine } from "./lib/table.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    build: { type: "string", default: join(here, "../../build/release") },
  },
});
const build = resolve(options.build);
const seconds = Math.max(Number(options.seconds), 4);
const connector = 11;  // NETLINK_CONNECTOR
// Stopped for so long, it hears more than its buffer of 16 MB holds.
const stops = { "heeds all": 0, "stopped for 2 s": 2 };

// What the kernel could not deliver to it (net/netlink/af_netlink.c).
function drops(pid) {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "";
    }
  });
  const table = readFileSync("/proc/net/netlink", "latin1").split("\n").slice(1);
  return table.map((line) => line.trim().split(/\s+/))
    .filter((fields) => Number(fields[1]) === connector && sockets.includes(`socket:[${fields[9]}]`))
    .reduce((sum, fields) => sum + Number(fields[8]), 0);
}

// A shell that leaves a server to nobody: its pid.
function orphan(directory, marker) {
  const { stdout } = spawnSync(join(directory, "guard"),
    ["-c", `"$0/node" -c 'sleep 60; :' ${marker} >/dev/null 2>&1 & echo $!`, directory], { encoding: "utf8" });
  return Number(stdout);
}

async function measure(name, stopped) {
  const directory = mkdtempSync(join(tmpdir(), "strayd-storm-"));
  const marker = `storm-${randomBytes(8).toString("hex")}`;
  for (const program of ["guard", "node"]) copyFileSync("/bin/sh", join(directory, program));
  const config = join(directory, "strayd.json");
  const listen = "127.0.0.1:19588";
  writeFileSync(config, JSON.stringify({
    mode: "observe",
    scan: { interval: "1h", min_age: "1h" },  // no scan comes by itself
    rules: [{ name: "server", pattern: marker, exe: "node" }],
    protect: [{ name: "guard", exe: "guard" }],
    state: { dir: join(directory, "state") }, audit: { file: join(directory, "audit.jsonl") }, web: { listen },
  }));
  const agent = spawn(join(build, "strayd"), ["run", "--config", config, "--log.level", "debug"],
    { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  agent.stderr.on("data", (text) => { log += text; });
  const get = async (path) => await (await fetch(`http://${listen}${path}`)).text();
  const scans = async () => Number(/^strayd_scans_total (\d+)/m.exec(await get("/metrics"))[1]);
  let server;
  try {
    await eventually(async () => (await get("/-/ready").catch(() => "")) !== "");
    if (/^strayd_feature_available\{feature="process_events"\} 0/m.test(await get("/metrics"))) {
      throw new Error("the kernel does not tell this agent of processes");
    }
    await pause(1000);
    const first = { scans: await scans(), cpu: cpuMs(agent.pid), losses: log.split("had more to tell").length };
    const storm = spawn(join(build, "tests/bench/bench_storm"), [options.seconds, "2"], { stdio: ["ignore", "pipe", "inherit"] });
    let forks = "";
    storm.stdout.on("data", (text) => { forks += text; });
    await pause(500);
    if (stopped > 0) agent.kill("SIGSTOP");
    await pause(1000 * stopped);
    server = orphan(directory, marker);
    agent.kill("SIGCONT");
    await new Promise((ended) => storm.on("close", ended));
    const cpu = cpuMs(agent.pid) - first.cpu;
    await eventually(async () => JSON.parse(await get("/api/v1/status")).candidates
      ?.some((candidate) => candidate.pid === server && candidate.verdict === "pending"), 10_000);
    const lost = drops(agent.pid);
    const noticed = log.split("had more to tell").length - first.losses;
    console.log(`| ${name} | ${Number(forks)} | ${lost} | ${noticed} | ${await scans() - first.scans} | ${(cpu / seconds / 10).toFixed(0)} % |`);
    if ((lost > 0) !== (noticed > 0)) throw new Error("a loss was not noticed, or one that was none");
  } finally {
    agent.kill("SIGTERM");
    if (server) process.kill(server, "SIGKILL");
    await new Promise((ended) => agent.on("close", ended));
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.getuid() !== 0) {
  process.exitCode = spawnSync("sudo", [process.execPath, ...process.argv.slice(1)], { stdio: "inherit" }).status ?? 1;
} else {
  console.log(`${machine()}; ${seconds} s each\n`);
  console.log("| agent | forks a second | events lost | losses noticed | scans | CPU of a core |\n|---|---|---|---|---|---|");
  for (const [name, stopped] of Object.entries(stops)) await measure(name, stopped);
}
