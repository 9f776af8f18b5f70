// CPU time of commands and of processes that go on. Wall time is no measure on
// a machine that others use, too.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// What a command and all that it waited for used, in ms; undefined: it could
// not be run.
export function costOf(tools, command) {
  const { status, stdout } = spawnSync(tools.cost, command, { encoding: "utf8" });
  if (status !== 0) return undefined;
  const cost = JSON.parse(stdout);
  return cost.status === 127 ? undefined : cost;
}

export function floor(tools) {
  const lines = execFileSync(tools.floor, ["3"], { encoding: "utf8" }).trim().split("\n");
  return median(lines.map((line) => Number(line.split(" ")[0])));
}

// Of a renewal of the table of processes alone, in ms. BPF is undefined where it
// may not be used.
export function table(tools) {
  const means = (source) => spawnSync(tools.table, [source, "12"], { encoding: "utf8" }).stdout.trim().split("\n")
    .map((line) => line.split(" ").map(Number)).map((times) => times.reduce((a, b) => a + b, 0) / times.length);
  const [all, share] = means("procfs");
  const [bpf] = spawnSync(tools.table, ["bpf", "1"]).status === 0 ? means("bpf") : [];
  return { "table, numbers of all": all, "table, a share of them": share, "table from bpf": bpf };
}

function read(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function children(pid) {
  return read(`/proc/${pid}/task/${pid}/children`).trim().split(" ").filter(Boolean);
}

// Of all its threads and its living children, in ms (sched-stats.rst).
export function cpuMs(pid) {
  let ns = 0;
  for (const one of [pid, ...children(pid)]) {
    let tasks = [];
    try {
      tasks = readdirSync(`/proc/${one}/task`);
    } catch { /* it has ended */ }
    for (const task of tasks) ns += Number(read(`/proc/${one}/task/${task}/schedstat`).split(" ")[0]);
  }
  return ns / 1e6;
}

export function rssMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function eventually(what, limitMs = 120_000) {
  for (const end = Date.now() + limitMs; Date.now() < end; await pause(50)) {
    const value = await what();
    if (value) return value;
  }
  throw new Error(`waited in vain: ${what}`);
}
