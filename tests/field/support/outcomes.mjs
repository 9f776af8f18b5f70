// What came of each cell when it was last run, so that one that was mended need not
// take all others with it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

// All outcomes by "STARTER: EVENT"; undefined: a cell was never run, or not since
// its entry in the table was changed.
export function keepOutcomes(file, table, results) {
  const known = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  for (const { starter, event, holds } of results) {
    known[`${starter}: ${event}`] = { holds, expect: table[starter][event].expect };
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(known));
  const outcomes = new Map();
  for (const [starter, row] of Object.entries(table)) {
    for (const [event, { expect }] of Object.entries(row)) {
      if (expect === "n/a") continue;
      const outcome = known[`${starter}: ${event}`];
      if (outcome?.expect !== expect) return undefined;
      outcomes.set(`${starter}: ${event}`, outcome.holds);
    }
  }
  return outcomes;
}
