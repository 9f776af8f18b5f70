// An audit ledger that is being written, read on from where it was left: many
// looks at a long one cost one reading of it.
import { closeSync, openSync, readSync, statSync } from "node:fs";

const promiseOf = ({ reap, pid, start_ticks: start }) => `${reap} ${pid}@${start}`;

function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];  // torn by a kill, and completed by the next strayd
  }
}

export function openLedger(file) {
  let [offset, rest] = [0, ""];
  const steps = new Map();
  const promised = new Set();
  const accounted = new Set();
  const ended = new Set();

  function take(line) {
    if (line.event === "intent") {
      promised.add(promiseOf(line));
      steps.set(line.step, (steps.get(line.step) ?? 0) + 1);
    }
    if (line.event === "outcome" || line.event === "recovered") {
      accounted.add(promiseOf(line));
      ended.add(`${line.pid}@${line.start_ticks}`);
    }
  }

  const ledger = {
    // Takes what has come since.
    read() {
      const size = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) - offset;
      if (size === 0) return ledger;
      const fd = openSync(file, "r");
      const bytes = Buffer.alloc(size);
      offset += readSync(fd, bytes, 0, size, offset);
      closeSync(fd);
      const lines = (rest + bytes.toString("latin1")).split("\n");
      rest = lines.pop();
      lines.flatMap(parsed).forEach(take);
      return ledger;
    },
    // How many promises of that step there are so far.
    promises: (step) => steps.get(step) ?? 0,
    // What was promised without an outcome, and without a word from a later
    // strayd.
    owed: () => [...promised].filter((promise) => !accounted.has(promise)),
    tellsOf: ({ pid, start }) => ended.has(`${pid}@${start}`),
  };
  return ledger;
}
