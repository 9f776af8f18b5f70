// A host on which much ends by itself, which is where strayd is needed: what
// follows a kill is a coincidence, unless something tied it to what was ended.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { gone } from "./support/backends.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { configure, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";
import { rule, weather } from "./support/weather.mjs";

// As zlib's, which Node has since 20.15 only.
function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const seconds = 1000;

async function scene(t) {
  const box = sandbox();
  const pm2 = startPm2(t, box);
  return { box, pm2, ...weather(box, pm2), settings: await configure(box, { rules: [rule], scan: { interval: "500ms" } }) };
}
const restarts = (agent, app) => agent.metric("strayd_pm2_app_restarts_total", { app });
const followed = (agent) => agent.metric("strayd_kills_followed_by_restart_total");

async function isNoHarm(agent) {
  await throughout(3 * seconds, async () => {
    assert.equal(await agent.metric("strayd_kills_harmful_total"), 0);
    assert.equal(await agent.metric("strayd_breaker_open"), 0);
  });
  assert.deepEqual((await agent.status()).harms, []);
}

for (const restarted of [false, true]) {
  const whether = restarted ? ", though strayd was started anew between the kill and its end" : "";
  const anew = async (agent) => {
    if (!restarted) return agent;
    await agent.end("SIGKILL");
    return undefined;
  };

  test(`an app that fails all the time is not harmed by a strayd that has just begun${whether}`, async (t) => {
    const { startBatch, ends, unrelatedKill, settings } = await scene(t);
    await startBatch("flaky", 3);
    for (let i = 0; i < 3; ++i) await ends("flaky");
    let agent = await startStrayd(t, settings);
    await agent.scans(2);
    await unrelatedKill();
    const running = await anew(agent);
    await ends("flaky");
    agent = running ?? (await agent.again());
    await agent.until("the coincidence is counted", async () => (await followed(agent)) === 1);
    await isNoHarm(agent);
    assert.match(agent.log, /flaky \(PM2 in .*\) restarted .* so it is taken for a coincidence/);
  });

  test(`an app that ends on its schedule is not harmed by a kill before it${whether}`, async (t) => {
    const { startBatch, ends, unrelatedKill, settings } = await scene(t);
    await startBatch("batch", 0);
    let agent = await startStrayd(t, settings);
    await agent.scans(2);
    await unrelatedKill();
    const running = await anew(agent);
    await ends("batch");
    agent = running ?? (await agent.again());
    await agent.until("the coincidence is counted", async () => (await followed(agent)) === 1);
    await isNoHarm(agent);
  });

  test(`an app that somebody else has killed was not harmed by strayd${whether}`, async (t) => {
    const { pm2, startBatch, unrelatedKill, settings } = await scene(t);
    await startBatch("victim", 0);
    let agent = await startStrayd(t, settings);
    await agent.scans(2);
    await unrelatedKill();
    const running = await anew(agent);
    process.kill(await pm2.pid("victim"), "SIGKILL");
    await until("PM2 has started it again", async () => (await pm2.restarts("victim")) === 1);
    agent = running ?? (await agent.again());
    await agent.until("the restart is counted", async () => (await restarts(agent, "victim")) === 1);
    await isNoHarm(agent);
    // Where nobody saw how it ended, it may have ended by itself.
    assert.equal(await followed(agent), restarted ? 1 : 0);
  });

  test(`a client of what is ended is harmed when it ends${whether}`, async (t) => {
    const { startClient, startUpstream, ends, settings } = await scene(t);
    const port = await freePort();
    const lifeline = startUpstream(port);
    await startClient("client", port, { late: true });
    let agent = await startStrayd(t, settings);
    await gone(lifeline);
    const running = await anew(agent);
    await ends("client");
    agent = running ?? (await agent.again());
    await agent.until("the harm is counted", async () => (await agent.metric("strayd_kills_harmful_total")) === 1);
    const { breaker, harms } = await agent.status();
    assert.ok(breaker.open);
    assert.equal(harms[0].what, "restarted");
    assert.match(breaker.why, /^harm: client .*: it held a connection to pid \d+ \(node upstream\.mjs\), which strayd ended \d+ s before/);
    assert.equal(await followed(agent), 0);
  });
}

for (const [kind, word] of [["unix socket", "to"], ["pipe", "of"]]) {
  test(`so is one at the other end of a ${kind}`, async (t) => {
    const { box, startClient, startUpstream, startPiped, settings } = await scene(t);
    const path = box.path("upstream.sock");
    const at = kind === "pipe" ? await startPiped() : (startUpstream(path), path);
    await startClient("client", at);
    const agent = await startStrayd(t, settings);
    await agent.until("the harm is counted", async () => (await agent.metric("strayd_kills_harmful_total")) === 1);
    const { breaker } = await agent.status();
    assert.ok(breaker.open);
    assert.match(breaker.why, new RegExp(`^harm: client .*: it held a ${kind} ${word} pid \\d+ \\(node upstream\\.mjs\\)`));
  });
}

// A month of strayd's, told to the next one: how each app has ended in it.
function rememberMonth(settings, known) {
  const day = 24 * 3600 * seconds;
  const path = join(settings.config.state.dir, "state.json");
  const file = JSON.parse(readFileSync(path, "utf8"));
  for (const app of file.state.harm.history.apps) {
    Object.assign(app, { seen_ms: 30 * day, past_ends: 0, past_ms: 0, ...known[app.app] });
  }
  file.crc32 = crc32(JSON.stringify(file.state));
  writeFileSync(path, JSON.stringify(file));
}

// The kills are a few seconds apart, as no test has hours.
test("what ends often, and then again, may follow three kills, and what ends daily may not", async (t) => {
  const { startBatch, ends, unrelatedKill, settings } = await scene(t);
  await startBatch("often", 0);
  await startBatch("daily", 0);
  const first = await startStrayd(t, settings);
  await first.scans(3);
  await first.end("SIGTERM");
  rememberMonth(settings, { often: { ends: 7200, repeats: 3600 }, daily: { ends: 30, repeats: 0 } });

  const agent = await startStrayd(t, settings);
  assert.equal(await agent.metric("strayd_breaker_open"), 0, "the state was believed");
  await agent.scans(2);
  for (let kill = 1; kill <= 3; ++kill) {
    await unrelatedKill();
    await ends("often");
    await agent.until("it is counted", async () => (await followed(agent)) === 2 * kill - 1);
    assert.equal(await agent.metric("strayd_kills_harmful_total"), 0);
    await ends("daily");
    const told = async () => (await followed(agent)) + (await agent.metric("strayd_kills_harmful_total"));
    await agent.until("it is told", async () => (await told()) === 2 * kill);
  }
  const { breaker, harms } = await agent.status();
  assert.deepEqual(harms.map(({ app, what }) => [app, what]), [["daily", "follows_kills"]]);
  assert.match(breaker.why, /it followed 3 of the last 3 kills and ended by itself 30 times in \d+ days/);
});
