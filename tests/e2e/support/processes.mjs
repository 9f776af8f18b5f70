// The process table as the tests see it, by their own reading of /proc: the
// oracle that strayd is compared with.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return undefined;
  }
}

export function processOf(pid) {
  const stat = read(pid, "stat");
  if (!stat) return undefined;
  const [state, parent, , session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number(pid),
    start: Number(rest[15]),  // field 22, clock ticks after boot
    parent: Number(parent),
    session: Number(session),
    state,
    argv: (read(pid, "cmdline") ?? "").split("\0").filter((word) => word !== ""),
  };
}

export function allProcesses() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(processOf).filter(Boolean);
}

// A zombie is dead: it only waits to be reaped.
export function lives({ pid, start }) {
  const now = processOf(pid);
  return now !== undefined && now.start === start && now.state !== "Z";
}

// Seconds since it was started. /proc counts in hundredths on every Linux of today.
export function age({ start }) {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) - start / 100;
}

// The processes below one, without itself; zombies left out.
export function below(pid) {
  const all = allProcesses().filter((process) => process.state !== "Z");
  const found = [];
  const parents = [pid];
  while (parents.length > 0) {
    const parent = parents.shift();
    const children = all.filter((process) => process.parent === parent);
    found.push(...children);
    parents.push(...children.map((child) => child.pid));
  }
  return found.sort((a, b) => a.pid - b.pid);
}

// The processes that carry an environment entry, e.g. "MARK=42": it is handed
// down, so it finds what a command has become, wherever in the tree it is now.
export function withEnvironment(entry) {
  return allProcesses().filter(({ pid, state }) =>
    state !== "Z" && (read(pid, "environ") ?? "").split("\0").includes(entry));
}

export function frozen() {
  return allProcesses().filter(({ state }) => state === "T");
}

export function identities(processes) {
  return processes.map(({ pid, start }) => `${pid}@${start}`).sort();
}

export function describe(processes) {
  return processes.map(({ pid, parent, state, argv }) => `${pid} <- ${parent} ${state} ${argv.join(" ")}`).join("\n");
}

// Whether it has a TCP socket that listens.
export function listens(pid) {
  const listening = new Set(readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === "0A").map((fields) => `socket:[${fields[9]}]`));
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return listening.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;  // closed meanwhile
    }
  });
}
