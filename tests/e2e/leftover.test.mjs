// An orphan may itself be the cause of a climbing restart count: it holds the
// port that the new launch needs. Its cookie proves what it is.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { forEver, npmRun, serves, startManaged } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { below, describe, lives } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { auditOf, command, configure, scan, scanJson, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;

test("the server that a killed wrapper left on the port is proved a leftover and ended, and the app serves again", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const { name, port } = await npmRun(box, pm2, exchange, "start", "api", forEver);
  const wrapper = await pm2.pid(name);
  const old = below(wrapper);
  const oldServer = await serves(port);
  assert.ok(old.some(({ pid }) => pid === oldServer), describe(old));

  process.kill(wrapper, "SIGKILL");
  await until("PM2's count climbs", async () => (await pm2.restarts(name)) >= 3);
  assert.equal(await serves(port), oldServer, "the old server still holds the port");

  const observing = await configure(box, { name: "lister", mode: "observe" });
  assert.notEqual((await scanJson(observing)).status, 0);
  const settings = await configure(box);
  const agent = await startStrayd(t, settings);
  await agent.until("the old tree is gone", () => !old.some(lives), { within: 120 * seconds });
  const ended = auditOf(settings).filter(({ event }) => event === "intent").map(({ pid }) => pid);
  assert.ok(ended.length > 0 && ended.every((pid) => old.some((process) => process.pid === pid)),
    "intents for the old tree alone");

  await until("the app serves again", async () => below(await pm2.pid(name)).some(
    ({ pid }) => pid === exchange.openOf(name)[0]?.pid));
  const server = await serves(port);
  const restarts = await pm2.restarts(name);
  await throughout(10 * seconds, async () => {
    assert.equal(await pm2.restarts(name), restarts, "the climb has stopped");
    assert.equal(await serves(port), server);
  });
  assert.equal(await agent.metric("strayd_orphans_killed_total", { kind: "stray" }) ?? 0, 0);
  assert.ok(await agent.metric("strayd_orphans_killed_total", { kind: "leftover" }) > 0);
});

test("the server of an app that PM2 gave up on is held as the only copy, and is named", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  writeFileSync(box.path("api.json"), JSON.stringify({
    apps: [{
      name: "api", script: "npm", args: "run start", cwd: box.app("tradebaas-backend"),
      max_restarts: 2, min_uptime: 3_600_000,
    }],
  }));
  const { name, port } = await startManaged(pm2, exchange, "api", [box.path("api.json")], {});
  const oldServer = await serves(port);

  process.kill(await pm2.pid(name), "SIGKILL");
  await until("PM2 gives up", async () => (await pm2.instances(name))[0].pm2_env.status === "errored");
  const settings = await configure(box);
  const agent = await startStrayd(t, settings);
  await agent.scans(3);
  const [conflict] = (await agent.status()).port_conflicts;
  assert.deepEqual([conflict.app, conflict.port, conflict.holder.pid], [name, port, oldServer]);
  assert.ok(auditOf(settings).some(({ event, pid }) => event === "port_conflict" && pid === oldServer));

  const inTheWay = new RegExp(`\\nIn the way: +port ${port} of api is held by node server\\.ts \\(pid ${oldServer}\\)`);
  assert.match((await scan(settings)).stdout, inTheWay);
  const explained = (await command(["explain", String(oldServer), "--config", settings.file])).stdout;
  assert.match(explained, inTheWay);
  assert.match(explained, /\nVerdict: +held\nReason: .*only copy/);
  assert.match(explained, /\nAgent: +held: .*only copy.*\(only_copy\)\n$/);
  assert.equal(await serves(port), oldServer, "it goes on serving");
});
