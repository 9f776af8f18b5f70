// strayd may be killed at any moment of a reap. Whatever it had promised is
// accounted for by the next one, and nothing is left frozen. Nobody is signalled
// again within its grace, nor by one that has not judged it.
//
// Several strayds are killed side by side, each with strays, a state and a
// ledger of its own: most of a reap is waiting.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startStray } from "./support/backends.mjs";
import { openLedger } from "./support/ledger.mjs";
import { allProcesses, describe, frozen, lives, processOf } from "./support/processes.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, launch, startStrayd } from "./support/strayd.mjs";
import { unit } from "./support/unit.mjs";

const lanes = 6;         // more of them would wait for the CPU, not for a reap
const lanesOfUnit = 2;   // with the user and the capabilities of the service
const hitsOfALane = 34;  // kills that left a promise open
const hits = lanes * hitsOfALane;
const grace = 400;  // ms; long enough to be hit by a test that is late
const children = 9;
// Most kills leave their strays alive. With more of them than these each look at
// all processes of the host would take longer than what is tested.
const most = 5 * (1 + children);

// So many milliseconds after the first promise of a step at most: a third of the
// kills fall into the grace, a third into the freeze, which is soon over, and a
// third where the one becomes the other.
const moments = [["terminate", 0, grace], ["terminate", grace - 20, grace + 60], ["kill", 0, 10]];
const oneOf = (choices) => choices[Math.floor(Math.random() * choices.length)];

const identity = ({ pid, start }) => `${pid}@${start}`;

async function openLane(box, number) {
  const name = `lane-${number}`;
  // The strays ignore SIGTERM, so that every step of a reap takes place.
  const settings = await configure(box, {
    name,
    rules: [{ name, pattern: `^bash stubborn\\.sh ${name}`, exe: "bash", grace: `${grace}ms` }],
    scan: { interval: "200ms", min_age: "1s", confirmations: 2, settle: "1s" },
    limits: { kills_per_scan: 1000, kills_per_hour: 10_000 },
    as: number < lanesOfUnit ? unit() : undefined,
  });
  const fifo = box.path(`${name}.fifo`);
  execFileSync("mkfifo", [fifo]);
  const lane = {
    name,
    settings,
    ledger: openLedger(settings.config.audit.file),
    strays: new Map(),  // all that were ever seen
    owedBefore: [],
    frozenBefore: [],
    kills: 0,
    hits: 0,
    froze: 0,
    start: () => startStray(["bash", "stubborn.sh", name, children, fifo], { cwd: box.app("plain") }),
    living: () => allProcesses().filter(({ argv, state }) =>
      state !== "Z" && argv.join(" ").startsWith(`bash stubborn.sh ${name} `)),
  };
  return lane;
}

// What the strayd that was killed before had left behind is settled.
async function afterwards(agent, { ledger, owedBefore, frozenBefore }) {
  await agent.until("what the killed strayd had promised is accounted for", () => {
    const still = new Set(ledger.read().owed());
    return !owedBefore.some((promise) => still.has(promise));
  });
  await agent.until("what it had frozen runs again, or has ended", () =>
    !frozenBefore.some((process) => lives(process) && processOf(process.pid)?.state === "T"));
}

// Left in peace, a strayd ends them all.
async function endAll(t, lane) {
  const agent = await startStrayd(t, lane.settings);
  await afterwards(agent, lane);
  await agent.until("every stray is gone", () => lane.living().length === 0);
  await agent.until("every promise is accounted for", () => lane.ledger.read().owed().length === 0);
  await agent.end();
  Object.assign(lane, { owedBefore: [], frozenBefore: [] });
}

async function kill(t, lane) {
  if (lane.living().length >= most) await endAll(t, lane);
  lane.start();
  const [step, shortest, longest] = oneOf(moments);
  const promised = lane.ledger.read().promises(step);
  const agent = launch(t, lane.settings);
  await afterwards(agent, lane);
  await agent.until(`a reap comes to its ${step}`, () => lane.ledger.read().promises(step) > promised, { step: 1 });
  await pause(shortest + Math.random() * (longest - shortest));
  await agent.end("SIGKILL");

  lane.owedBefore = lane.ledger.read().owed();
  const living = lane.living();
  for (const process of living) lane.strays.set(identity(process), process);
  lane.frozenBefore = living.filter(({ state }) => state === "T");
  lane.kills += 1;
  lane.hits += lane.owedBefore.length > 0 ? 1 : 0;
  lane.froze += lane.frozenBefore.length > 0 ? 1 : 0;
}

async function finish(t, lane) {
  await endAll(t, lane);
  const silent = [...lane.strays.values()].filter((process) => !lives(process) && !lane.ledger.tellsOf(process));
  assert.deepEqual(describe(silent), "", "no stray died without an account of it");
  assert.deepEqual(lane.ledger.wrongs(), [], "every line follows from those before it");
  const aside = readdirSync(lane.settings.config.state.dir).filter((name) => name.includes("damaged"));
  assert.deepEqual(aside, [], "no state was unreadable");
}

async function killAgainAndAgain(t, lane) {
  while (lane.hits < hitsOfALane) await kill(t, lane);
  await finish(t, lane);
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

test(`strayd is killed ${hits} times in the middle of a reap: all is accounted for, nothing stays frozen`, { concurrency: lanes }, async (t) => {
  const box = sandbox();
  const all = [];
  for (let number = 0; number < lanes; ++number) all.push(await openLane(box, number));
  await Promise.all(all.map((lane) =>
    t.test(`${lane.name}, ${hitsOfALane} times`, (t) => killAgainAndAgain(t, lane))));

  const froze = sum(all.map((lane) => lane.froze));
  t.diagnostic(`${sum(all.map((lane) => lane.kills))} kills for ${hits} that left a promise open, ` +
    `and ${froze} that left processes frozen`);
  assert.ok(froze > 0, "some kills fell into a freeze");
  assert.deepEqual(describe(frozen()), "", "no process is left frozen");
});
