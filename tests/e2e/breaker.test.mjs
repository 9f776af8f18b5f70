// The breaker, from the command line: with an agent, without one, and while
// others talk nonsense to the agent.
import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { gone, startStray } from "./support/backends.mjs";
import { age, identities } from "./support/processes.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { auditOf, command, configure, intentsOf, startStrayd, stubborn } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const quick = { interval: "200ms", min_age: "1s", confirmations: 2, settle: "1s" };
const socketOf = (settings) => join(settings.config.state.dir, "control.sock");
const breaker = (settings, what) => command(["breaker", what, "--config", settings.file]);
const notesOf = (settings, what) =>
  auditOf(settings).filter((line) => line.event === "note" && line.what === what);

// Three strays where two are allowed: the breaker opens, and then one is left.
async function openedBreaker(t) {
  const box = sandbox();
  const settings = await configure(box, { rules: [stubborn], scan: quick, limits: { kills_per_scan: 2 } });
  const strays = [1, 2, 3].map(() => startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") }));
  await until("all run and are old enough, so that all are ripe at once", () => strays.every((stray) =>
    stray.processes().length === 2 && stray.processes().every((process) => age(process) > 1.5)));
  const agent = await startStrayd(t, settings);
  await until("the breaker opens", async () => (await agent.metric("strayd_breaker_open")) === 1);
  const [left, ...others] = strays;
  for (const { pid } of others.flatMap((stray) => stray.processes())) process.kill(pid, "SIGKILL");
  await Promise.all(others.map((stray) => gone(stray)));
  return { settings, agent, left };
}

test("an operator asks why the breaker is open, closes it, and orphans are ended again", async (t) => {
  const { settings, agent, left } = await openedBreaker(t);

  const asked = await breaker(settings, "status");
  assert.equal(asked.status, 0, asked.stderr);
  assert.match(asked.stdout, /^the breaker is open since \d{4}-.* UTC: 3 orphan trees in one scan, and 2 are allowed\n$/);
  assert.equal(left.processes().length, 2, "asking closes nothing");
  assert.deepEqual(intentsOf(settings), []);

  const closed = await breaker(settings, "close");
  assert.equal(closed.status, 0, closed.stderr);
  assert.match(closed.stdout, /^the breaker is closed now/);
  await gone(left);
  assert.equal(await agent.metric("strayd_breaker_open"), 0);
  assert.equal((await agent.status()).breaker.open, false);
  const [note] = notesOf(settings, "breaker_close");
  assert.match(note.text, /^closed by pid \d+ of user 0; .*3 orphan trees/);
  assert.match(agent.log, /breaker closed by pid \d+ of user 0/);
  assert.match((await breaker(settings, "status")).stdout, /^the breaker is closed\n$/);
});

test("a closed breaker stays closed over a crash, and the socket of the crashed agent is replaced", async (t) => {
  const { settings, agent } = await openedBreaker(t);
  assert.equal((await breaker(settings, "close")).status, 0);
  await agent.end("SIGKILL");
  const left = lstatSync(socketOf(settings));
  assert.ok(left.isSocket());
  assert.equal(left.mode & 0o777, 0o600);

  const second = await startStrayd(t, settings);
  assert.equal(await second.metric("strayd_breaker_open"), 0);
  assert.match((await breaker(settings, "status")).stdout, /^the breaker is closed\n$/);
  await second.end("SIGTERM");
  assert.ok(!existsSync(socketOf(settings)), "a clean end takes the socket along");
});

test("where no agent runs, the state is asked and changed itself", async (t) => {
  const { settings, agent, left } = await openedBreaker(t);
  const live = identities(left.processes());
  await agent.end("SIGKILL");

  const asked = await breaker(settings, "status");
  assert.equal(asked.status, 0, asked.stderr);
  assert.match(asked.stdout, /^no strayd runs on .*; the breaker is open since .*3 orphan trees/);
  const closed = await breaker(settings, "close");
  assert.equal(closed.status, 0, closed.stderr);
  assert.match(closed.stdout, /^no strayd runs on .*; the breaker is closed now/);
  assert.match(notesOf(settings, "breaker_close")[0].text, /^closed by user 0 while no agent ran; .*3 orphan trees/);
  assert.match((await breaker(settings, "close")).stdout, /; the breaker is closed\n$/);
  assert.equal(notesOf(settings, "breaker_close").length, 1, "it was closed once");
  assert.deepEqual(identities(left.processes()), live, "closing ends nothing by itself");

  const second = await startStrayd(t, settings);
  assert.equal(await second.metric("strayd_breaker_open"), 0);
  await gone(left);
});

test("an agent that cannot be reached is not passed by", async (t) => {
  const { settings, agent } = await openedBreaker(t);
  renameSync(socketOf(settings), `${socketOf(settings)}.away`);
  for (const what of ["status", "close"]) {
    const { status, stdout, stderr } = await breaker(settings, what);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^strayd: a strayd runs on .*, but does not listen/);
  }
  assert.equal(await agent.metric("strayd_breaker_open"), 1);
  renameSync(`${socketOf(settings)}.away`, socketOf(settings));
  assert.match((await breaker(settings, "status")).stdout, /is open/);
});

test("a breaker that `scan --reap` opened is open for the agent beside it, which closes it", async (t) => {
  const box = sandbox();
  const settings = await configure(box, { mode: "observe", rules: [stubborn], scan: quick, limits: { kills_per_scan: 1 } });
  const strays = [1, 2].map(() => startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") }));
  await until("both run and are old enough", () => strays.every((stray) =>
    stray.processes().length === 2 && stray.processes().every((process) => age(process) > 1.5)));
  const agent = await startStrayd(t, settings);
  const live = strays.flatMap((stray) => identities(stray.processes()));
  const reaped = await command(["scan", "--reap", "--config", settings.file]);
  assert.equal(reaped.status, 3, reaped.stderr);
  assert.match(reaped.stderr, /breaker open/);
  await until("the agent knows", async () => (await agent.metric("strayd_breaker_open")) === 1);
  assert.match(agent.log, /the breaker was opened beside this strayd: 2 orphan trees/);
  const closed = await breaker(settings, "close");
  assert.match(closed.stdout, /^the breaker is closed now/);
  await until("the page says so", async () => (await agent.metric("strayd_breaker_open")) === 0);
  assert.deepEqual(strays.flatMap((stray) => identities(stray.processes())), live);
});

test("a state that is not there or is damaged is an error, and is left as it is", async () => {
  const settings = await configure(sandbox());
  const nowhere = await breaker(settings, "status");
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /^strayd: .*No such file or directory/);
  assert.ok(!existsSync(settings.config.state.dir), "asking makes nothing");

  mkdirSync(settings.config.state.dir, { mode: 0o700 });
  writeFileSync(join(settings.config.state.dir, "state.json"), "{");
  for (const what of ["status", "close"]) {
    const damaged = await breaker(settings, what);
    assert.equal(damaged.status, 1);
    assert.match(damaged.stderr, /^strayd: state/);
  }
  assert.deepEqual(readdirSync(settings.config.state.dir), ["state.json"]);
});

test("a command that nobody knows is an error with exit code 2", async () => {
  for (const args of [["breaker"], ["breaker", "open"], ["breaker", "close", "now"]]) {
    assert.equal((await command(args)).status, 2, args.join(" "));
  }
});

test("a crowd that talks nonsense delays neither the scans nor the operator", async (t) => {
  const { settings, agent, left } = await openedBreaker(t);
  const nonsense = [
    () => "",                    // idle
    () => "b",                   // slow
    () => "x".repeat(10_000),    // endless
    () => "GET / HTTP/1.1\r\n",
    () => "\0\xff\n",
  ];
  let talks = 0;
  let going = true;
  const talk = (what) => {
    if (!going) return;
    const connection = createConnection(socketOf(settings));
    connection.on("error", () => {});
    connection.on("connect", () => {
      ++talks;
      connection.write(what());
    });
    connection.on("close", () => setTimeout(talk, 5, what));
    connection.resume();
  };
  t.after(() => (going = false));
  for (let i = 0; i < 50; ++i) talk(nonsense[i % nonsense.length]);
  await until("the crowd is there", () => talks > 100);

  await agent.scans(20);
  assert.equal(await agent.metric("strayd_breaker_open"), 1, "nonsense closes nothing");
  assert.match((await breaker(settings, "status")).stdout, /^the breaker is open/);
  const closed = await breaker(settings, "close");
  assert.equal(closed.status, 0, closed.stderr);
  await gone(left);
  going = false;
});
