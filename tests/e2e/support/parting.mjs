// Processes that part from what started them: which they are by the test's own
// knowledge (who answers on a port), and what strayd concluded of each.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { serves } from "./backends.mjs";
import { describe, lives, processOf } from "./processes.mjs";
import { intentsOf } from "./strayd.mjs";
import { throughout, until } from "./wait.mjs";

export const seconds = 1000;

// PM2 ends what it can within kill_timeout, and strayd leaves it ten seconds
// more; what has outlived both, and a few scans, is held for good.
export const patience = 16 * seconds;

export const waitingServer = { name: "waiting", pattern: "waiting\\.mjs", exe: "node", grace: "1s" };

// Quicker than most tests: these wait for times that no configuration shortens.
export const often = { interval: "500ms" };

// Starts apps as a file of PM2's names them, in apps/parting where they do not
// say.
export async function startApps(pm2, box, apps) {
  const file = box.path(`${apps[0].name}.json`);
  writeFileSync(file, JSON.stringify({ apps: apps.map((app) => ({ cwd: box.app("parting"), ...app })) }));
  await pm2.cli(["start", file]);
  for (const { name, instances = 1 } of apps) await pm2.online(name, instances);
}

// The process that answers on a port, once one does.
export const answering = (port) => until(`something answers on ${port}`, async () => processOf(await serves(port)));

export const answersAnew = (port, old) => until(`another than ${old.pid} answers on ${port}`, async () => {
  const now = processOf(await serves(port));
  return now.pid !== old.pid && now;
});

export async function verdictOn(agent, { pid, start }) {
  return (await agent.status()).candidates.find((one) => one.pid === pid && one.start_ticks === start);
}

// Waits for what becomes of a process; what strayd says of it is in the error.
async function untilOf(agent, process, what, look) {
  let said;
  try {
    await agent.until(what, async () => {
      const { verdict, reason, why } = (await verdictOn(agent, process)) ?? {};
      said = `${verdict}: ${reason} (${why})`;
      return look(verdict, why);
    });
  } catch (error) {
    throw new Error(`pid ${process.pid} is ${said}; ${error.message}`);
  }
}

export const ended = (agent, process) =>
  untilOf(agent, process, `pid ${process.pid} is ended`, () => !lives(process));

// For that reason in the end: it may be held for others before.
export const isHeld = (agent, process, reason) =>
  untilOf(agent, process, `pid ${process.pid} is held: ${reason}`, (verdict, why) => verdict === "held" && why === reason);

// For as long as strayd could have to wait, these live, and nothing is intended
// for any of them.
export async function areLeft(settings, processes, duration = patience) {
  await throughout(duration, () => {
    assert.equal(describe(processes.filter((process) => !lives(process))), "", "all of them live");
    noIntents(settings, processes);
  });
}

const identity = ({ pid, start, start_ticks: ticks }) => `${pid}@${start ?? ticks}`;

export function noIntents(settings, processes) {
  const wanted = new Set(processes.map(identity));
  assert.deepEqual(intentsOf(settings).filter((line) => wanted.has(identity(line))), [], "no intent for a wanted one");
}

// These were signalled, and nothing else was.
export function onlyThese(settings, processes) {
  const intended = new Set(intentsOf(settings).map(identity));
  assert.deepEqual([...intended].sort(), processes.map(identity).sort(), "an intent for each of these and no other");
}
