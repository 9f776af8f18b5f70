// One cell, in namespaces of its own (see run.mjs):
//
//   cell.mjs STARTER EVENT
//
// Ends with 0 where what the table says has come true; else it says what was
// expected, what was seen, and what strayd says of it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serves } from "../e2e/support/backends.mjs";
import { describe, withEnvironment } from "../e2e/support/processes.mjs";
import { plainEnvironment, sandbox } from "../e2e/support/sandbox.mjs";
import { configure, intentsOf, launch } from "../e2e/support/strayd.mjs";
import { throughout, until } from "../e2e/support/wait.mjs";
import { alive, identity, openDiary, withInner } from "./support/diary.mjs";
import { events } from "./support/events.mjs";
import { keeperScenes } from "./support/keeper_scenes.mjs";
import { countRestarts, pm2Scene, ports } from "./support/pm2_scene.mjs";
import { pm2Starters } from "./support/pm2_starters.mjs";
import { table } from "./table.mjs";

const seconds = 1000;
const run = promisify(execFile);
const never = { after() {} };  // all of it ends with the namespaces

const [starterName, eventName] = process.argv.slice(2);
const event = events[eventName];
const { expect } = table[starterName][eventName];
const starter = pm2Starters[starterName] ?? { kind: "keeper" };

// PM2 ends what it can within its kill timeout, strayd gives it ten seconds more
// (eleven besides in cluster mode); what is ended would have been by then.
const margin = (starter.app?.exec_mode === "cluster" ? 25 : 14) * seconds;

// As broad as people write them.
const rules = ["node", "bun"].map((exe) =>
  ({ name: `servers-of-${exe}`, pattern: "(server|helper|hook)\\.(mjs|js|ts)|dist/main", exe, reap: "all", grace: "2s" }));
// A person at a shell needs the time to do something.
const scan = { interval: "500ms", min_age: starterName === "a shell by hand" ? "8s" : "1s", confirmations: 2, settle: "3s" };

function house(helper) {
  const box = sandbox();
  const cwd = join(box.directory, "app");
  cpSync(fileURLToPath(new URL("app", import.meta.url)), cwd, { recursive: true });
  const diary = openDiary(box.path("diary"));
  const own = { box, cwd, diary, helper };
  const scene = starterName in pm2Starters ? pm2Scene(starter, own) : keeperScenes[starterName](own);
  const start = starter.start ?? scene.starts ?? "node server.mjs";
  writeFileSync(join(cwd, "package.json"), JSON.stringify({
    name: "api", version: "1.0.0", private: true, scripts: { start }, ...starter.package,
  }));
  return { ...own, scene };
}

const helper = Boolean(event.helper || (event.helperOfDirect && starter.kind === "direct"));
const { box, cwd, diary, scene } = house(helper);
const settings = await configure(box, { rules, scan });
let agent;
const anew = async () => {
  if (agent) await agent.end();
  else await restarts?.begin();
  settings.before = scene.enter();
  agent = await launch(never, settings).ready();
  await agent.scans(1);
};
const restarts = scene.instances && countRestarts(scene);

const cell = {
  scene,
  diary,
  agent: () => agent,
  anew,
  hook: starter.hook,
  // Nothing of the app comes by itself where its server has ended.
  stays: starter.kind === "watcher" && ["server killed", "crash at start", "crash later", "detached helper"].includes(eventName)
    || starter.ends || expect === "none" || (scene.aloneThen ?? []).includes(eventName),
  watches: starter.kind === "watcher",
  parts: scene.parts ?? { parting: "restart", direct: "server" }[starter.kind] ?? "wrapper",
};

// ---- what is seen

// All that came of the app, what stands between included.
const marked = new Set();
const markedNow = () => withEnvironment(`FIELD_DIARY=${diary.file}`).map(withInner).map(identity);
const keptNow = async () => new Set((await scene.kept()).map(identity));
const named = (processes) => describe(processes.map(({ inner, ...process }) => ({ ...process, pid: inner })));

// What strayd says of a process now.
async function wordOn(process) {
  const { candidates } = await agent.status();
  return candidates.find((one) => one.pid === process.inner && one.start_ticks === process.start);
}

async function explain(process) {
  const [first, ...rest] = [...scene.enter(), globalThis.process.env.STRAYD_BIN, "explain", "--config", settings.file, String(process.inner)];
  const { stdout, stderr } = await run(first, rest, { env: plainEnvironment() }).catch((error) => error);
  return `${stdout}${stderr}`;
}

const meant = () => intentsOf(settings).map(({ pid, start_ticks: start, step, kind }) => ({ inner: pid, start, step, kind }));
const noneIsMeant = (which = () => true) => assert.deepEqual(meant().filter(which), [], "nothing is meant for what is wanted");

// ---- the story

async function story() {
  const beforehand = !event.late && (event.broken || scene.beforehand);
  if (beforehand) {
    await scene.prepare?.();
    await anew();
    await agent.scans(1);
  }
  if (event.broken) scene.break();
  else {
    await event.before?.(cell);
    await scene.start({ instances: event.count });
    await scene.serving(event.count);
  }
  if (!event.late && !agent) {
    await anew();
    await agent.scans(6);
  }
  const before = diary.living();
  for (const one of markedNow()) marked.add(one);
  await event.happens(cell);

  const kept = await keptNow();
  // What strayd has ended already was lost, too.
  const intended = new Set(meant().map(identity));
  const now = new Set(alive().map(identity));
  const lost = before.filter((process) => !kept.has(identity(process)) && (now.has(identity(process)) || intended.has(identity(process))));
  for (const one of markedNow()) marked.add(one);
  const wanted = diary.living().concat((await scene.kept()).filter(({ argv }) => argv.length > 0))
    .filter((process) => kept.has(identity(process)) && (process.role || !transient(process)));
  const page = diary.lines().length;
  if (event.late) await anew();
  const check = {
    alive: () => {
      const now = new Set(alive().map(identity));
      assert.equal(named(wanted.filter((process) => !now.has(identity(process)))), "", "what is wanted lives");
      const ids = new Set(wanted.map(identity));
      const signalled = diary.signalsSince(page).filter(({ pid, start }) => ids.has(`${pid}@${start}`));
      assert.deepEqual(signalled, [], "what is wanted was sent no signal");
    },
  };

  const [verdict, word] = expect.split(" ");
  const managed = new Set((await scene.managed()).map(identity));
  if (verdict === "end") await ends({ lost, kept, check });
  else if (verdict === "hold") await holds(diary.living().filter((process) => !managed.has(identity(process))), word, check);
  else await isLeft(verdict, managed, check);

  if (restarts) await agreesOnRestarts();
  if (restarts && !starter.hook) await agreesOnServing();
  assert.equal(await agent.metric("strayd_breaker_open") ?? 0, 0, "the breaker is closed");
  check.alive();
}

// Tools that come and go while all is well.
const transient = ({ argv }) => /esbuild|df$|turbo|ps$/.test(argv[0] ?? "");

async function ends({ lost, kept, check }) {
  assert.notEqual(named(lost), "", "something was lost");
  subjects = lost;
  await agent.until(`the lost are ended:\n${named(lost)}`, () => {
    const now = new Set(alive().map(identity));
    return !lost.some((process) => now.has(identity(process)));
  }, { within: margin + 30 * seconds });
  noneIsMeant((one) => kept.has(identity(one)) || !marked.has(identity(one)));
  assert.ok(lost.some((process) => meant().some((one) => identity(one) === identity(process))), "it was strayd that ended it");
  check.alive();
  if (!scene.instances && (await scene.kept()).every(({ role }) => role === undefined) && !diary.living("server").length) return;
  for (const port of [...scene.ports(), ...(helper ? [ports.helper] : [])]) {
    await until(`what is kept serves ${port}`, async () => {
      const pid = await serves(port);
      return (await scene.kept()).some(({ inner }) => inner === pid) || starter.app?.exec_mode === "cluster";
    });
  }
}

let subjects = [];

async function holds(held, word, check) {
  assert.notEqual(named(held), "", "something is there to hold");
  subjects = held;
  await throughout(margin, () => {
    noneIsMeant();
    const now = new Set(alive().map(identity));
    assert.equal(named(held.filter((process) => !now.has(identity(process)))), "", "what is held lives");
    check.alive();
  });
  for (const process of held) {
    await agent.until(`pid ${process.inner} is held: ${word}`, async () => {
      const said = await wordOn(process);
      if (said?.verdict === "held" && said.why === word) return true;
      throw new Error(said ? `it is ${said.verdict}, ${said.why}: ${said.reason}` : "there is no word on it");
    }, { within: 5 * seconds });
  }
}

async function isLeft(verdict, managed, check) {
  const living = () => diary.living();
  subjects = living();
  if (verdict === "none") assert.equal(named(living().filter(({ role }) => role !== "other")), "", "nothing of it is left");
  else assert.equal(named(living().filter((process) => !managed.has(identity(process)))), "", "all that is left is somebody's");
  await throughout(margin, () => {
    noneIsMeant();
    check.alive();
  });
  for (const process of living()) {
    const said = await wordOn(process);
    assert.equal(said?.verdict, "managed", `pid ${process.inner} is ${said?.verdict}, ${said?.why}: ${said?.reason}`);
  }
}

// Up means serving: the oracle is a probe of the port, which has to be answered by
// the launch that PM2 lists. Both may change between the two looks.
async function agreesOnServing() {
  const [port] = scene.ports();
  let agreed = 0;
  await agent.until("up is what a probe of the port says", async () => {
    const pid = await serves(port).catch(() => undefined);
    const own = (await scene.managed()).some(({ inner }) => inner === pid);
    const slots = (await agent.metrics()).split("\n").filter((line) => line.startsWith("strayd_backend_up{") && line.includes(`app="${scene.name}"`));
    if (slots.length === 0) throw new Error(`strayd does not say whether ${scene.name} is up`);
    const up = slots.some((line) => line.endsWith(" 1"));
    agreed = up === own ? agreed + 1 : 0;
    if (up !== own) {
      const said = (await agent.status()).apps.find(({ app }) => app === scene.name)?.instances.map(({ backend }) => backend?.pid);
      throw new Error(`the port is answered by ${pid}, which is ${own ? "its own" : "not its own"}, and up is ${up}: ${said}`);
    }
    return agreed >= 2;
  }, { within: 15 * seconds });
}

async function agreesOnRestarts() {
  await agent.until("strayd has counted the restarts that PM2 has", async () => {
    const [own, its] = [await agent.metric("strayd_pm2_app_restarts_total", { app: scene.name }) ?? 0, await restarts.total()];
    if (own !== its) throw new Error(`strayd counts ${own}, PM2 ${its}`);
    return true;
  }, { within: 15 * seconds });
  restarts.end();
}

try {
  await story();
  process.exit(0);
} catch (error) {
  const own = error.message.replace(/; strayd says:\n[^]*/, "");
  console.log(`expected: ${expect} (${table[starterName][eventName].why})`);
  console.log(`seen:     ${own}${error.cause ? `\n          ${error.cause.message}` : ""}`);
  if (error.code !== "ERR_ASSERTION" && !/^not within/.test(own)) console.log(error.stack);
  console.log(`processes:\n${named(alive().filter(({ pid }) => pid !== process.pid && pid !== 1))}`);
  if (agent) {
    for (const one of intentsOf(settings)) console.log(`meant:    ${JSON.stringify(one)}`);
    for (const subject of subjects) console.log(await explain(subject));
    console.log(`strayd's log:\n${agent.log.split("\n").slice(-15).join("\n")}`);
  }
  process.exit(1);
}
