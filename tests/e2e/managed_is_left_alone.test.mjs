// What PM2 owns is left alone, however it is started; what nobody owns is found,
// listed and ended, and nothing else is touched.
import assert from "node:assert/strict";
import test from "node:test";
import { gone, npmRun, picture, startManaged, startStray, startStrayServer } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import {
  auditOf, configure, intentsOf, plainServer, scan, scanJson, startStrayd, tsxServer,
} from "./support/strayd.mjs";
import { unit } from "./support/unit.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;

async function watchOver(t, settings, pictures, duration) {
  const agent = await startStrayd(t, settings);
  await throughout(duration, () => Promise.all(pictures.map((picture) => picture.check())));
  await Promise.all(pictures.map((picture) => picture.alive()));
  assert.deepEqual(intentsOf(settings), [], "no intent");
  assert.equal(await agent.metric("strayd_enforcing"), 1, "it would have acted");
  const { status, stdout } = await scan(settings);
  assert.match(stdout, /No orphaned processes found/);
  assert.equal(status, 0);
  await agent.end();
}

const pidsOf = (processes) => new Set(processes.map(({ pid }) => pid));
const within = (few, many) => [...few].filter((one) => !many.has(one));

// Each process of the stray is listed by a scan that may not act.
async function isListed(box, settings, stray, rule) {
  const known = stray.all();
  const lister = await configure(box, { name: "lister", mode: "observe", rules: settings.config.rules });
  const { status, report } = await scanJson(lister);
  assert.equal(status, 3, "orphans found and left");
  const listed = report.candidates.filter(({ verdict }) => verdict === "stray");
  assert.deepEqual(within(pidsOf(stray.processes()), pidsOf(listed)), [], "every process of the stray is listed");
  assert.deepEqual(within(pidsOf(listed), pidsOf([...known, ...stray.all()])), [], "and no other");
  for (const one of listed) {
    assert.equal(one.rule, rule);
    assert.ok(one.reason.length > 0, "with a reason");
    assert.equal(one.chain.at(-1), 1, "and a chain to pid 1");
  }
}

// Each process of the stray ends, and the audit log accounts for each. strayd
// starts after the stray, so that the stray is known whole.
async function isEnded(t, settings, stray) {
  const own = stray.processes();
  const known = stray.all();
  const agent = await startStrayd(t, settings);
  await gone(stray);
  const outcomes = () => auditOf(settings).filter(({ event }) => event === "outcome");
  await until("an outcome for each process of the stray", () => own.every(({ pid, start }) =>
    outcomes().some((line) => line.pid === pid && line.start_ticks === start)));
  assert.deepEqual(within(pidsOf(intentsOf(settings)), pidsOf(known)), [], "no intent for any other process");
  const ended = outcomes().filter(({ outcome }) => outcome === "terminated" || outcome === "killed");
  await until("the kills are counted", async () =>
    (await agent.metric("strayd_orphans_killed_total", { kind: "stray" })) === ended.length);
  await agent.scans(2);
}

// The incident: an enforcing strayd beside PM2's app, and a stray of the app.
async function incident(t, { user, as } = {}) {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box, { user });
  const backend = await npmRun(box, pm2, exchange, "dev");
  const before = await picture(pm2, exchange, [backend]);
  const settings = await configure(box, { as });

  await watchOver(t, settings, [before], 30 * seconds);
  assert.ok(backend.connections[0].longestGap < 10 * seconds, "the heartbeat never paused");

  const stray = await startStrayServer(box, exchange, "stray", user);
  assert.equal(stray.processes().length, 4, "npm exec, sh -c, tsx, node");
  await isListed(box, settings, stray, "tsx-server");
  await before.check();
  await isEnded(t, settings, stray);
  await before.alive();
}

test("npm run dev under PM2 keeps its socket for 30 s, and a stray beside it is listed and ended",
  (t) => incident(t));

test("the same, of another user, under the user and the capabilities of the service",
  (t) => incident(t, { user: { uid: 33, gid: 33 }, as: unit() }));

test("tsx without watch is left alone, and a stray beside it is ended", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const before = await picture(pm2, exchange, [await npmRun(box, pm2, exchange, "start")]);
  const settings = await configure(box);
  await watchOver(t, settings, [before], 10 * seconds);
  await isEnded(t, settings, await startStrayServer(box, exchange));
  await before.alive();
});

test("a plain node app is left alone under a rule of its own, and a stray beside it is ended", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const backend = await startManaged(pm2, exchange, "plain", ["server.mjs", "--name", "plain"], {
    cwd: box.app("plain"),
  });
  const before = await picture(pm2, exchange, [backend]);
  const settings = await configure(box, { rules: [tsxServer, plainServer] });
  await watchOver(t, settings, [before], 10 * seconds);

  const stray = startStray(["node", "server.mjs"], {
    cwd: box.app("plain"), env: { PORT: String(await freePort()), EXCHANGE_URL: exchange.url("stray") },
  });
  await exchange.connected("stray");
  await isEnded(t, settings, stray);
  await before.alive();
});

test("the workers of PM2's cluster mode are left alone, and a stray beside them is ended", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const backend = await startManaged(pm2, exchange, "cluster", ["server.mjs", "--name", "cluster", "-i", "2"], {
    cwd: box.app("plain"), instances: 2,
  });
  const before = await picture(pm2, exchange, [backend]);
  const settings = await configure(box, { rules: [plainServer] });
  await watchOver(t, settings, [before], 10 * seconds);

  const stray = startStray(["node", "server.mjs"], {
    cwd: box.app("plain"), env: { PORT: String(await freePort()), EXCHANGE_URL: exchange.url("stray") },
  });
  await exchange.connected("stray");
  await isEnded(t, settings, stray);
  await before.alive();
});

test("two users with a PM2 each are both left alone, and a stray of one of them is ended", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const users = { one: { uid: 33, gid: 33 }, two: { uid: 65534, gid: 65534 } };
  const pictures = [];
  for (const [name, user] of Object.entries(users)) {
    const pm2 = startPm2(t, box, { name, user });
    const backend = await npmRun(box, pm2, exchange, "dev", `backend-${name}`);
    pictures.push(await picture(pm2, exchange, [backend]));
  }
  const settings = await configure(box);
  await watchOver(t, settings, pictures, 10 * seconds);
  const { supervisors } = (await scanJson(settings)).report;
  assert.deepEqual(supervisors.map(({ state }) => state), ["answering", "answering"]);

  const stray = await startStrayServer(box, exchange, "stray", users.two);
  await isEnded(t, settings, stray);
  for (const before of pictures) await before.alive();
});
