// The death of the God Daemon leaves healthy apps without a managed ancestor.
// They are the only service there is, so they are held; once a new daemon serves
// the same apps, the old ones are leftovers.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { serves, startManaged } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { below, describe, identities, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, plainServer, scanJson, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;

test("apps that outlive the God Daemon are held, and are leftovers once it was resurrected", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const cwd = box.app("plain");
  const backends = [
    await startManaged(pm2, exchange, "no-pmx", ["server.mjs", "--name", "no-pmx", "--no-pmx"], { cwd }),
    await startManaged(pm2, exchange, "wrapped", ["wrapped.sh", "--name", "wrapped", "--interpreter", "bash"], { cwd }),
  ];
  await pm2.cli(["save"]);
  const old = pm2.owned();
  const oldServers = backends.map(({ connections: [{ pid }] }) => pid);
  const settings = await configure(box, { rules: [plainServer] });
  const agent = await startStrayd(t, settings);
  await agent.scans(3);

  const god = pm2.god();
  process.kill(god.pid, "SIGKILL");
  await until("the God Daemon is gone", () => !lives(god));
  await agent.scans(2);
  await throughout(10 * seconds, () =>
    assert.deepEqual(identities(old.filter(lives)), identities(old), `all live on:\n${describe(old)}`));
  const held = await scanJson(settings);
  assert.equal(held.status, 4);
  for (const pid of oldServers) {
    assert.equal(held.report.candidates.find((one) => one.pid === pid)?.verdict, "held");
  }
  assert.deepEqual(intentsOf(settings), []);

  await pm2.cli(["resurrect"]);
  await agent.until("the old ones are gone", () => !old.some(lives), { within: 30 * seconds });
  for (const { name, port } of backends) {
    await until(`the new ${name} serves`, async () => {
      const tree = [{ pid: await pm2.pid(name) }, ...below(await pm2.pid(name))];
      return tree.some(({ pid }) => pid === exchange.openOf(name)[0]?.pid) && (await serves(port));
    });
  }
  const intended = new Set(intentsOf(settings).map(({ pid }) => pid));
  assert.ok([...intended].every((pid) => old.some((process) => process.pid === pid)), "none but the old ones");
});

test("a PM2 that was told to end, or listed no app any more, is not missed; one that was killed is", async (t) => {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  const idle = box.path("idle.mjs");
  writeFileSync(idle, "setInterval(() => {}, 60_000);");
  const start = () => pm2.cli(["start", idle]);
  const settings = await configure(box, { mode: "observe", rules: [plainServer] });
  let agent = await startStrayd(t, settings);
  const up = () => agent.metric("strayd_pm2_up", { pm2_home: pm2.home });
  const becomes = (value) => agent.until(`pm2_up is ${value}`, async () => (await up()) === value);

  await start();
  await becomes(1);
  await agent.scans(2);
  await pm2.cli(["kill"]);
  await becomes(undefined);
  await agent.end();
  agent = await startStrayd(t, settings);
  await agent.scans(3);
  assert.equal(await up(), undefined, "nor is it after a restart of strayd");

  await start();
  await becomes(1);
  await agent.scans(2);
  process.kill(pm2.god().pid, "SIGKILL");
  await becomes(0);
  await agent.scans(3);
  assert.equal(await up(), 0);

  await start();
  await becomes(1);
  await pm2.cli(["delete", "all"]);
  await agent.scans(3);
  process.kill(pm2.god().pid, "SIGKILL");
  await becomes(undefined);
});
