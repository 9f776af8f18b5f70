// What is there again whenever it is ended is somebody's, and is held. What a
// clock starts is not.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { lives } from "./support/processes.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { auditOf, command, configure, intentsOf, startStrayd } from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const rule = { name: "idle", pattern: "idle\\.mjs", exe: "node", grace: "1s" };
const server = `import { createServer } from "node:http";
createServer((_, response) => response.end("here")).listen(Number(process.env.PORT), "127.0.0.1");
`;

async function starts(t, loop) {
  const box = sandbox();
  writeFileSync(box.path("idle.mjs"), server);
  writeFileSync(box.path("loop.sh"), loop);
  const settings = await configure(box, { rules: [rule], scan: { interval: "200ms" } });
  const agent = await startStrayd(t, settings);
  const port = await freePort();
  const script = startStray(["bash", "loop.sh"], { cwd: box.directory, env: { PORT: String(port) } });
  return {
    settings, agent, port,
    bash: () => script.processes().find(({ argv }) => argv[0] === "bash"),
    servers: () => script.processes().filter(({ argv }) => argv[1] === "idle.mjs"),
  };
}
const ended = (agent) => agent.metric("strayd_orphans_killed_total", { rule: "idle" });
const kept = (agent) => agent.metric("strayd_orphans_kept", { rule: "idle" });

// What begins with a minute would be taken for cron's.
const midMinute = () => until("it is not about a minute's beginning", () => {
  const second = (Date.now() / 1000) % 60;
  return second > 4 && second < 35;
});

test("what a loop starts anew whenever it is ended is held after the third time", async (t) => {
  await midMinute();
  const { settings, agent, port, bash, servers } = await starts(t, "while true; do node idle.mjs; sleep 0.2; done\n");
  const candidate = async (of) => (await of.status()).candidates.find(({ why }) => why === "comes_back");
  const isHeld = async (of) => {
    const found = await until("it is held", () => candidate(of));
    assert.equal(found.verdict, "held");
    assert.match(found.reason, /^somebody keeps it: it was there again within \d+ s of each of the last three kills$/);
    return found;
  };
  const { pid } = await isHeld(agent);
  const [held] = servers();
  assert.equal(held.pid, pid);
  assert.equal(await ended(agent), 3);
  assert.equal(await kept(agent), 1);
  const [returned] = (await agent.status()).returned;
  assert.equal(returned.times, 3);
  assert.equal(returned.parent.pid, bash().pid);
  const { stdout } = await command(["explain", "--config", settings.file, String(pid)]);
  assert.match(stdout, /somebody keeps it/);

  // Another strayd holds it from its first scan on.
  await agent.end();
  const again = await agent.again();
  assert.equal((await isHeld(again)).pid, pid);
  await throughout(5_000, () => assert.ok(lives(held)));
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "here");
  assert.equal(await kept(again), 1);
  assert.equal(intentsOf(settings).length, 3);
});

// Each is ended long before the next one, which looks like an answer to that.
test("what a clock starts goes on being ended", async (t) => {
  const { settings, agent } = await starts(t, "while true; do PORT=0 node idle.mjs & sleep 8; done\n");
  await until("seven are ended", async () => (await ended(agent)) >= 7, { within: 150_000 });
  const verdicts = auditOf(settings).filter(({ event }) => event === "verdict");
  assert.ok(new Set(verdicts.map(({ pid }) => pid)).size >= 7);
  assert.equal(await agent.metric("strayd_breaker_open"), 0);
  await until("none is held", async () => (await kept(agent)) === 0);
});
