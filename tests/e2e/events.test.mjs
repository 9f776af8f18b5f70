// What happens between two scans brings on the next one.
import assert from "node:assert/strict";
import test from "node:test";
import { forEver, npmRun, serves } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

// No scan of a test comes by itself but the first.
const rare = { interval: "10m", events: true };

const standing = async (agent, pid) =>
  (await agent.status()).candidates.find((candidate) => candidate.pid === pid)?.verdict;

// An app under `npm run` that is managed, and known to be.
async function managed(t, more) {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const { name, port } = await npmRun(box, pm2, exchange, "start", "api", forEver);
  const agent = await startStrayd(t, await configure(box, { mode: "observe", ...more }));
  const server = await serves(port);
  await until("its server is known to be managed", async () => (await standing(agent, server)) === "managed");
  return { pm2, name, agent, server };
}

test("the end of a wrapper is seen at once, whatever the interval", async (t) => {
  const { pm2, name, agent, server } = await managed(t, { scan: rare, pm2: { events: false } });
  process.kill(await pm2.pid(name), "SIGKILL");
  await until("its server is managed no more", async () => (await standing(agent, server)) !== "managed");
});

test("what PM2 says of an app is seen at once, whatever the interval", async (t) => {
  const { pm2, name, agent } = await managed(t, { scan: rare });
  await pm2.cli(["restart", name]);
  await until("the restart is counted", async () =>
    (await agent.metric("strayd_pm2_app_restarts_total", { app: name, cause: "operator" })) === 1);
});

test("without events the next scan comes with the interval", async (t) => {
  const { pm2, name, agent, server } = await managed(t, { scan: { ...rare, events: false } });
  const scans = await agent.metric("strayd_scans_total");
  process.kill(await pm2.pid(name), "SIGKILL");
  await until("PM2 has restarted it twice", async () => (await pm2.restarts(name)) >= 2);
  assert.equal(await agent.metric("strayd_scans_total"), scans);
  assert.equal(await standing(agent, server), "managed", "as it was when it was last looked at");
});
