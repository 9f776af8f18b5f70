#!/usr/bin/env node
// How soon an orphan is known, beside a bare loop on a pidfd that does nothing
// else. Needs root. The agent observes; it signals nobody.
//
//   cmake --build --preset release --target strayd bench_orphan
//   node tests/bench/latency.mjs [--pairs 30] [--build build/release]
//   node tests/bench/latency.mjs --host     parents that nobody knew, by the kernel's
//                                           events: it tells the host's pid namespace alone
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { runInside } from "../e2e/support/inside.mjs";
import { eventually } from "./lib/cost.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: "30" },
    build: { type: "string", default: join(here, "../../build/release") },
    host: { type: "boolean", default: false },
    inside: { type: "boolean", default: false },
  },
});
const build = resolve(options.build);
const kind = options.host ? "unknown" : "known";

function latency(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}`);
  return JSON.parse(stdout);
}

async function measure(directory) {
  const program = join(directory, "guard");
  copyFileSync(join(build, "tests/bench/bench_orphan"), program);
  copyFileSync(program, join(directory, "node"));
  const audit = join(directory, "audit.jsonl");
  const config = join(directory, "strayd.json");
  const listen = "127.0.0.1:19587";
  writeFileSync(config, JSON.stringify({
    mode: "observe",
    // Where they are not known, no scan at an interval may help.
    scan: { interval: options.host ? "1h" : "2s", min_age: "1h" },
    rules: [{ name: "server", pattern: "^node /x/tsx server\\.ts$", exe: "node" }],
    protect: [{ name: "guard", exe: "guard" }],
    state: { dir: join(directory, "state") }, audit: { file: audit }, web: { listen },
  }));
  const agent = spawn(join(build, "strayd"), ["run", "--config", config], { stdio: ["ignore", "ignore", "inherit"] });
  await eventually(async () => (await fetch(`http://${listen}/-/ready`).catch(() => ({}))).ok);
  const bare = latency(program, "bare", options.pairs);
  const seen = latency(program, kind, options.pairs, audit);
  agent.kill("SIGTERM");
  const times = (name) => (seen[name] / bare[name]).toFixed(1);
  console.log(`parent's end to ${kind === "known" ? "a known child's" : "an unknown child's"} verdict, ${options.pairs} pairs:`);
  for (const name of ["p50_us", "p99_us"]) {
    console.log(`  ${name.slice(0, 3)}: ${seen[name]} us; a bare pidfd loop ${bare[name]} us; ${times(name)} x`);
  }
}

if (options.host || options.inside) {
  const directory = options.inside ? process.env.SCRATCH : mkdtempSync(join(tmpdir(), "strayd-bench-"));
  try {
    await measure(directory);
  } finally {
    if (options.host) rmSync(directory, { recursive: true, force: true });
  }
  process.exit();
} else {
  process.exitCode = runInside(fileURLToPath(import.meta.url),
    ["--inside", "--build", build, "--pairs", options.pairs], { needs: false });
}
