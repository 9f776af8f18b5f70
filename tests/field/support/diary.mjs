// What the processes of a cell wrote down of themselves (app/diary.cjs), and
// where they are in /proc: no knowledge of strayd's.
import { existsSync, readFileSync } from "node:fs";
import { allProcesses } from "../../e2e/support/processes.mjs";

// A process by the pid that it has in its own namespace, too.
export function withInner(process) {
  try {
    const status = readFileSync(`/proc/${process.pid}/status`, "latin1");
    return { ...process, inner: Number(/^NSpid:.*\t(\d+)$/m.exec(status)[1]) };
  } catch {
    return { ...process, inner: process.pid };  // it has just ended
  }
}

export const alive = () => allProcesses().filter(({ state }) => state !== "Z" && state !== "X").map(withInner);

export const identity = ({ inner, start }) => `${inner}@${start}`;

export function openDiary(file) {
  const lines = () => (existsSync(file) ? readFileSync(file, "utf8") : "")
    .split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return {
    file,
    lines,
    // The living processes that were started for one of these purposes.
    living(...roles) {
      const begun = new Map(lines().filter(({ event, role }) => event === "start" && (roles.length === 0 || roles.includes(role)))
        .map(({ pid, start, role }) => [`${pid}@${start}`, role]));
      return alive().filter((process) => begun.has(identity(process)))
        .map((process) => ({ ...process, role: begun.get(identity(process)) }));
    },
    // What they were sent since the diary had so many lines.
    signalsSince: (count) => lines().slice(count).filter(({ event }) => event === "signal"),
  };
}
