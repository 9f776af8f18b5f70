// An audit ledger that is being written, read on from where it was left: many
// looks at a long one cost one reading of it.
import { closeSync, openSync, readSync, statSync } from "node:fs";

const identity = ({ pid, start_ticks: start }) => `${pid}@${start}`;
const promiseOf = (line) => `${line.reap} ${identity(line)}`;
// One that is signalled was pending before, so that the ledger tells of it first.
const orphans = new Set(["pending", "stray", "leftover"]);

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
  const judged = new Set();  // by whom
  const told = new Map();    // when each process was last told to end
  const wrongs = [];
  let last = 0;

  // What holds of each line by those before it, whoever wrote them.
  function hold(line) {
    if (line.seq !== last + 1) wrongs.push(`${line.seq} comes after ${last}`);
    last = line.seq;
    const writer = identity(line.writer);
    if (line.event === "verdict" && orphans.has(line.verdict)) judged.add(`${writer} ${line.pid}`);
    if (line.event !== "intent" || line.step === "thaw") return;

    const which = `${line.step} of ${identity(line)}`;
    if (!judged.has(`${writer} ${line.tree}`)) wrongs.push(`${which} by one that never judged it`);
    // The clock of the ledger counts whole milliseconds.
    const since = Date.parse(line.ts) - (told.get(identity(line)) ?? -Infinity);
    if (since < 1000 * line.grace_seconds - 1) wrongs.push(`${which} ${since} ms into its grace`);
    if (line.step === "terminate") told.set(identity(line), Date.parse(line.ts));
  }

  function take(line) {
    hold(line);
    if (line.event === "intent") {
      promised.add(promiseOf(line));
      steps.set(line.step, (steps.get(line.step) ?? 0) + 1);
    }
    if (line.event === "outcome" || line.event === "recovered") {
      accounted.add(promiseOf(line));
      ended.add(identity(line));
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
    // Lines that are missing, signals in a grace, and signals of a strayd to what
    // it had not judged itself.
    wrongs: () => wrongs,
    tellsOf: ({ pid, start }) => ended.has(`${pid}@${start}`),
  };
  return ledger;
}
