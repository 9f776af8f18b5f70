// The process that serves, behind what PM2 says: whether it is up and since
// when, and whether its connection lives.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { npmRun, startStrayServer } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const name = "tradebaas-backend";

async function scene(t) {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  await npmRun(box, pm2, exchange, "dev");
  const settings = await configure(box, {
    mode: "observe",
    remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [exchange.port] }],
  });
  const agent = await startStrayd(t, settings);
  const of = { pm2_home: pm2.home, app: name };
  const backend = {
    up: () => agent.metric("strayd_backend_up", of),
    since: () => agent.metric("strayd_backend_start_time_seconds", of),
    replaced: () => agent.metric("strayd_backend_restarts_total", of),
    counted: () => agent.metric("strayd_pm2_app_restarts_total", of),
  };
  await until("the backend is seen", async () => (await backend.up()) === 1);
  return { box, exchange, pm2, agent, backend, source: join(box.app(name), "src/server.ts"), of };
}

test("what `tsx watch` does to the backend shows, although PM2 does not know of it", async (t) => {
  const { exchange, pm2, agent, backend, source } = await scene(t);
  const code = readFileSync(source, "utf8");
  const before = { since: await backend.since(), replaced: await backend.replaced() };

  await t.test("a reload moves its start time and PM2's count stays", async () => {
    writeFileSync(source, `${code}// touched\n`);
    await until("another process serves", async () => (await backend.since()) > before.since);
    await exchange.connected(name);
    assert.equal(await backend.replaced(), before.replaced + 1);
    assert.equal(await pm2.restarts(name), 0);
    assert.equal(await backend.counted(), 0);
  });
  await t.test("one that can't start is down although PM2 says online", async () => {
    writeFileSync(source, `throw new Error("broken");\n${code}`);
    await until("the old one is gone", () => exchange.openOf(name).length === 0);
    await until("it is down", async () => (await backend.up()) === 0);
    await agent.scans(2);
    assert.equal(await backend.up(), 0);
    await pm2.online(name);
    assert.equal(await backend.counted(), 0);
  });
  await t.test("and is up again once it is mended", async () => {
    writeFileSync(source, code);
    await until("it is up", async () => (await backend.up()) === 1);
    assert.equal(await pm2.restarts(name), 0);
  });
});

test("the age and the silence of a connection show, and whether an orphan has one too", async (t) => {
  const { box, exchange, agent, of } = await scene(t);
  const remote = { ...of, remote: "exchange" };
  const silence = () => agent.metric("strayd_backend_last_receive_seconds", { ...remote, owner: "managed" });
  const count = (owner, labels = remote) => agent.metric("strayd_backend_connections", { ...labels, owner });

  await t.test("it is counted, and grows older", async () => {
    await until("it is seen", async () => (await count("managed")) === 1);
    const age = () => agent.metric("strayd_backend_connection_age_seconds", { ...remote, owner: "managed" });
    const first = await age();
    await until("it grows older", async () => (await age()) > first);
    assert.equal(await count("orphan"), 0);
  });
  await t.test("a peer that says nothing is noticed, and so is its next word", async () => {
    const [{ socket }] = exchange.openOf(name);
    const beat = setInterval(() => socket.ping(), 200);
    t.after(() => clearInterval(beat));
    await until("it receives", async () => (await silence()) < 1);
    clearInterval(beat);
    await until("the silence grows", async () => (await silence()) > 3);
    socket.ping();
    await until("the silence ends", async () => (await silence()) < 3);
  });
  await t.test("an orphan that talks to the same far end is told", async () => {
    await startStrayServer(box, exchange);
    await until("the orphan's connection is seen", async () =>
      (await count("orphan", { remote: "exchange" })) === 1);
    assert.equal(await count("managed"), 1);
  });
});
