// strayd may be killed at any moment of a reap. Whatever it had promised is
// accounted for by the next one, and nothing is left frozen.
import assert from "node:assert/strict";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { allProcesses, describe, frozen, lives } from "./support/processes.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { auditOf, configure, startStrayd, stubborn } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const runs = 50;
const longestReap = 300;  // ms, from the first intent to about the last exit

const promiseOf = ({ reap, pid, start_ticks: start }) => `${reap} ${pid}@${start}`;
const processOf = ({ pid, start, start_ticks: ticks }) => `${pid}@${start ?? ticks}`;
const isIntent = ({ event }) => event === "intent";
const isAccount = ({ event }) => event === "outcome" || event === "recovered";

// Intents without an outcome, and without a word from a later strayd.
function owed(lines) {
  const accounted = new Set(lines.filter(isAccount).map(promiseOf));
  return lines.filter(isIntent).map(promiseOf).filter((promise) => !accounted.has(promise));
}

test(`strayd is killed at ${runs} random moments of a reap: all is accounted for, nothing stays frozen`, async (t) => {
  const box = sandbox();
  // The strays ignore SIGTERM, so that every step of a reap takes place.
  const settings = await configure(box, {
    rules: [{ ...stubborn, grace: "200ms" }],
    scan: { interval: "100ms", min_age: "1s", confirmations: 2, settle: "1s" },
    limits: { kills_per_scan: 1000, kills_per_hour: 10_000 },
  });
  const living = () => allProcesses().filter(({ argv, state }) =>
    argv[0] === "node" && argv[1]?.endsWith("stubborn.mjs") && state !== "Z");
  const strays = new Map();
  const look = () => living().forEach((process) => strays.set(processOf(process), process));

  let owedBefore = [];
  let frozenBefore = [];
  const isPaid = () => {
    const still = new Set(owed(auditOf(settings)));
    return !owedBefore.some((promise) => still.has(promise));
  };
  let [open, freezing] = [0, 0];
  for (let run = 0; run < runs; ++run) {
    for (let i = 0; i < 2; ++i) startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") });
    const promised = auditOf(settings).filter(isIntent).length;
    const agent = await startStrayd(t, settings);
    await until("what the killed strayd had promised is accounted for", isPaid);
    await until("what it had frozen runs again, or has ended", () =>
      !frozen().some((process) => frozenBefore.includes(processOf(process))));
    look();
    await until("a reap has begun", () => auditOf(settings).filter(isIntent).length > promised, { step: 5 });
    const moment = Date.now() + Math.random() * longestReap;
    await until("the moment has come", () => Date.now() >= moment, { step: 1 });
    await agent.end("SIGKILL");
    owedBefore = owed(auditOf(settings));
    frozenBefore = frozen().map(processOf);
    open += owedBefore.length > 0 ? 1 : 0;
    freezing += frozenBefore.length > 0 ? 1 : 0;
  }
  t.diagnostic(`${open} of ${runs} kills left a promise open, ${freezing} left processes frozen`);
  assert.ok(open > runs / 2, "the kills fell into reaps");

  look();
  const agent = await startStrayd(t, settings);
  await until("every stray is gone", () => living().length === 0);
  await until("every promise is accounted for", () => owed(auditOf(settings)).length === 0);
  await agent.end();
  assert.deepEqual(describe(frozen()), "", "no process is left frozen");
  const accounted = new Set(auditOf(settings).filter(isAccount).map(processOf));
  const silent = [...strays.values()].filter((process) => !lives(process) && !accounted.has(processOf(process)));
  assert.deepEqual(describe(silent), "", "no stray died without an account of it");
});
