// What the stories of ownership share: a process that somebody owns is spared,
// and its twin, that was left behind, is ended.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { allProcesses, describe, lives, processOf } from "./processes.mjs";
import { intentsOf } from "./strayd.mjs";
import { throughout, until } from "./wait.mjs";

const seconds = 1000;

// As soon as a scan can see it: what was held beyond this was held by evidence.
export const soon = { interval: "500ms", min_age: "1s", confirmations: 2, settle: "3s" };
export const server = { name: "server", pattern: "server\\.mjs", exe: "node", grace: "3s" };

// What strayd gives a PM2 in fork mode, after its kill_timeout, to end a launch.
export const margin = 10 * seconds;
// Long enough for an instance with this kill_timeout to be over, and for what is
// an orphan then to be confirmed and told to end.
export const outlasting = (killTimeout) => killTimeout + margin + 3 * seconds;

// Writes an ecosystem file, and resolves to its path.
export function ecosystem(box, ...apps) {
  const file = box.path(`${apps[0].name}.json`);
  writeFileSync(file, JSON.stringify({ apps }));
  return file;
}

// The living processes of node's that run this script.
export const running = (script) => allProcesses().filter(({ state, argv }) =>
  state !== "Z" && basename(argv[0] ?? "") === "node" && basename(argv[1] ?? "") === script);

// The one process that runs it.
export const theOne = (script) => until(`one process runs ${script}`, () => {
  const found = running(script);
  return found.length === 1 && found[0];
});

export async function servedBy(port) {
  return until(`port ${port} is served`, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2 * seconds) });
    return processOf((await answer.json()).pid);
  });
}

// The directory of a program that `./dev install` brings.
export function directoryOf(program) {
  const found = process.env.PATH.split(":").find((directory) => existsSync(join(directory, program)));
  assert.ok(found, `${program} is not there: ./dev install`);
  return found;
}

export const orphaned = (process) =>
  until(`pid ${process.pid} has lost its parent`, () => processOf(process.pid).parent === 1);

// What strayd says of it now; undefined: nothing.
export async function wordOn(agent, { pid, start }) {
  const { candidates } = await agent.status();
  return candidates.find((one) => one.pid === pid && one.start_ticks === start);
}

// What is known must outlast strayd itself: with STRAYD_E2E_RESTART=1 it is
// started anew in the middle of each story, when all has happened and was seen.
const restarting = Boolean(process.env.STRAYD_E2E_RESTART);

async function startedAnew(agent) {
  if (!restarting) return;
  await agent.scans(1);
  await agent.end();
  Object.assign(agent, await agent.again());
}

// Each lives, and nothing was meant for it: for that long, and strayd says why.
// `why` holds the reasons of which one must be given.
export async function spares(agent, processes, { why, duration, verdict = "held" }) {
  await startedAnew(agent);
  // A PM2 that has just begun is not settled for a strayd that has, too.
  const reasons = restarting ? [...why, "pm2_unsettled"] : why;
  const pids = new Set(processes.map(({ pid }) => pid));
  const meant = () => intentsOf(agent.settings).filter(({ pid }) => pids.has(pid));
  await throughout(duration, () => {
    assert.deepEqual(meant().map(({ pid, step, kind }) => ({ pid, step, kind })), [], "nothing is meant for what is owned");
    assert.equal(describe(processes.filter((process) => !lives(process))), "", "what is owned lives");
  });
  for (const one of processes) {
    await agent.until(`pid ${one.pid} is ${verdict} for ${why.join(" or ")}`, async () => {
      const word = await wordOn(agent, one);
      if (word?.verdict === verdict && reasons.includes(word.why)) return true;
      throw new Error(word ? `it is ${word.verdict}, ${word.why}: ${word.reason}` : "there is no word on it");
    }, { within: 5 * seconds });
  }
}

// It is ended, by strayd, and as that; nothing else is.
export async function ends(agent, process, kind, { within = 40 * seconds } = {}) {
  await startedAnew(agent);
  const patience = within + (restarting ? 60 : 0) * seconds;
  await agent.until(`pid ${process.pid} is ended`, () => !lives(process), { within: patience });
  const meant = intentsOf(agent.settings);
  const own = meant.find(({ pid }) => pid === process.pid);
  assert.equal(own?.kind, kind, "it was strayd that ended it, as that");
  if (restarting) return;  // the counters may be those of the strayd before
  await agent.until(`it was ended as a ${kind}`, async () =>
    (await agent.metric("strayd_orphans_killed_total", { kind })) >= 1);
  const other = kind === "stray" ? "leftover" : "stray";
  assert.equal(await agent.metric("strayd_orphans_killed_total", { kind: other }) ?? 0, 0);
}
