// While PM2 itself ends and starts its apps as fast as it can, strayd scans ten
// times a second and never takes part.
import assert from "node:assert/strict";
import test from "node:test";
import { npmRun, startManaged } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, intentsOf, plainServer, startStrayd, tsxServer } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const scansOfAStorm = 200;

test("200 scans in a storm of restarts and reloads end nothing, and PM2 counts only what was asked for", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const plain = { cwd: box.app("plain") };
  const backends = [
    await npmRun(box, pm2, exchange, "dev", "dev"),
    await npmRun(box, pm2, exchange, "start", "start"),
    await startManaged(pm2, exchange, "plain", ["server.mjs", "--name", "plain"], plain),
    await startManaged(pm2, exchange, "cluster", ["server.mjs", "--name", "cluster", "-i", "2"], { ...plain, instances: 2 }),
  ];
  const settings = await configure(box, {
    rules: [tsxServer, plainServer],
    scan: { interval: "100ms", confirmations: 2, min_age: "1s", settle: "1s" },
  });
  const agent = await startStrayd(t, settings);
  const first = await agent.metric("strayd_scans_total");
  const scans = async () => (await agent.metric("strayd_scans_total")) - first;

  const asked = new Map(backends.map(({ name }) => [name, 0]));
  for (let round = 0; (await scans()) < scansOfAStorm; ++round) {
    const backend = backends[round % backends.length];
    // In fork mode a reload is a restart; in cluster mode it overlaps old and new.
    await pm2.cli([round % 8 < 4 ? "restart" : "reload", backend.name]);
    asked.set(backend.name, asked.get(backend.name) + backend.instances);
  }
  assert.ok([...asked.values()].every((count) => count > 0), "each app was in the storm");

  assert.deepEqual(intentsOf(settings), [], "no intent");
  assert.equal(await agent.metric("strayd_scan_errors_total") ?? 0, 0, "no scan failed");
  for (const { name, instances } of backends) {
    await pm2.online(name, instances);
    assert.equal(await pm2.restarts(name), asked.get(name), `PM2's restarts of ${name}`);
    await exchange.connected(name, instances);
  }
  await until("nothing of an earlier launch is left", () => exchange.of("dev").filter(({ open }) => open).length === 1);
});
