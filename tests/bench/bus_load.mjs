#!/usr/bin/env node
// What following PM2's event bus costs while apps log a lot: CPU of the agent's
// thread and of the daemon, and the daemon's memory. Needs root, node_modules of
// tests/e2e, and
//
//   cmake --build --preset dev --target bus_listen
//   node tests/bench/bus_load.mjs [path of bus_listen]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { runInside } from "../e2e/support/inside.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const seconds = 20;
const ticksPerSecond = 100;

const loads = {
  "10 MB/s in large writes": `
    const block = ("x".repeat(99) + "\\n").repeat(1000);
    setInterval(() => process.stdout.write(block), 10);`,
  "5000 lines/s, each a write": `
    const line = "x".repeat(99) + "\\n";
    setInterval(() => { for (let i = 0; i < 50; i += 1) setImmediate(() => process.stdout.write(line)); }, 10);`,
  "10 MB/s in large writes to the error output": `
    const block = ("x".repeat(99) + "\\n").repeat(1000);
    setInterval(() => process.stderr.write(block), 10);`,
  "5000 lines/s that tell of a taken port": `
    const line = "Error: listen EADDRINUSE: address already in use :::3000".padEnd(99) + "\\n";
    setInterval(() => { for (let i = 0; i < 50; i += 1) setImmediate(() => process.stderr.write(line)); }, 10);`,
};

function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1];
  return { cpu: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, rssMb: Math.round(rss / 1024) };
}

function between(before, after) {
  return `daemon CPU ${((after.cpu - before.cpu) / seconds * 100).toFixed(1)} %, ` +
    `RSS ${before.rssMb} -> ${after.rssMb} MB`;
}

const pause = (time) => new Promise((done) => setTimeout(done, time));

function listen(program, home, pid) {
  return new Promise((done) => {
    let output = "";
    const child = spawn(program, [home, String(pid), String(seconds)], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (data) => (output += data));
    child.on("close", () => done(JSON.parse(output)));
  });
}

async function measure(program) {
  const { startPm2 } = await import("../e2e/support/pm2.mjs");
  const directory = process.env.SCRATCH;
  const box = { directory, make: (name) => mkdtempSync(join(directory, `${name}-`)) };
  for (const [name, script] of Object.entries(loads)) {
    const pm2 = startPm2({ after() {} }, box);
    writeFileSync(join(directory, "noise.js"), script);
    await pm2.cli(["start", "noise.js", "-o", "/dev/null", "-e", "/dev/null"]);
    const { pid } = pm2.god();
    await pause(3000);

    console.log(name);
    let before = usage(pid);
    await pause(seconds * 1000);
    let after = usage(pid);
    console.log(`  alone     ${between(before, after)}`);
    before = after;
    const heard = await listen(program, pm2.home, pid);
    after = usage(pid);
    console.log(`  followed  ${between(before, after)}; follower CPU ` +
      `${(heard.cpu_seconds / seconds * 100).toFixed(1)} %, ${(heard.bytes / seconds / 1e6).toFixed(1)} MB/s`);
    console.log(`            ${JSON.stringify(heard)}`);
    await pause(5000);
    console.log(`  5 s later RSS ${usage(pid).rssMb} MB`);
    await pm2.cli(["kill"]);
  }
}

if (process.env.SCRATCH) await measure(process.argv[2]);
else {
  const listener = resolve(process.argv[2] ?? join(here, "../../build/dev/tests/bench/bus_listen"));
  process.exit(runInside(fileURLToPath(import.meta.url), [listener]));
}
