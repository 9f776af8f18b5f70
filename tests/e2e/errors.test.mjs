// What goes wrong around strayd is said in one clear line, with the right exit
// code, and loses nothing.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import test from "node:test";
import { gone, startStray } from "./support/backends.mjs";
import { age, frozen, identities } from "./support/processes.mjs";
import { sandbox } from "./support/sandbox.mjs";
import {
  auditOf, command, configure, intentsOf, launch, startStrayd, stubborn,
} from "./support/strayd.mjs";
import { throughout, until } from "./support/wait.mjs";

const seconds = 1000;
const failed = 1;
const usage = 2;

const lines = (text) => text.split("\n").filter((line) => line.trim() !== "");
const quick = { interval: "200ms", min_age: "1s", confirmations: 2, settle: "1s" };

function startStubborn(box) {
  return startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") });
}
const twoOf = (stray) => until("the stray and its child run", () => {
  const processes = stray.processes();
  return processes.length === 2 && processes;
});

test("an error in the config is told with file, line and column, and exit code 2", async () => {
  const box = sandbox();
  const file = box.path("bad.json");
  const cases = {
    "a key that nobody knows": ['{\n  "mode": "observe",\n  "killall": true\n}\n', 3, /killall/],
    "a value of the wrong type": ['{\n  "mode": 7\n}\n', 2, /mode/],
    "a pattern that does not compile": ['{\n  "rules": [\n    {"name": "r", "exe": "node", "pattern": "a(b"}\n  ]\n}\n', 3, /pattern/],
    "a text that is no JSON": ['{\n  "mode": "observe",,\n}\n', 2, /./],
  };
  for (const [what, [text, line, names]] of Object.entries(cases)) {
    writeFileSync(file, text);
    for (const args of [["check-config", "--config", file], ["run", "--config", file], ["scan", "--config", file]]) {
      const { status, stderr } = await command(args);
      assert.equal(status, usage, `${args[0]}: ${what}`);
      assert.match(stderr, new RegExp(`bad\\.json:${line}:\\d+: `), `${args[0]}: ${what}`);
      assert.match(stderr, names);
      assert.equal(lines(stderr).length, 1, `one line:\n${stderr}`);
    }
  }
});

test("a config file that is not there is an error with exit code 2", async () => {
  const { status, stderr } = await command(["run", "--config", sandbox().path("nowhere.json")]);
  assert.equal(status, usage);
  assert.match(stderr, /nowhere\.json/);
  assert.equal(lines(stderr).length, 1, stderr);
});

test("an option that nobody knows is an error with exit code 2", async () => {
  sandbox();
  assert.equal((await command(["scan", "--kill-everything"])).status, usage);
  assert.equal((await command(["slay"])).status, usage);
});

test("a procfs that can't be read is one line and exit code 1", async () => {
  const box = sandbox();
  const settings = await configure(box);
  for (const path of [box.path("nowhere"), settings.file, box.make("empty")]) {
    const { status, stderr } = await command(["scan", "--config", settings.file, "--path.procfs", path]);
    assert.equal(status, failed, path);
    assert.ok(stderr.includes(path), stderr);
    assert.equal(lines(stderr).length, 1, stderr);
  }
});

test("with the metrics port in use it says so and ends nothing", async (t) => {
  const box = sandbox();
  const settings = await configure(box, { rules: [stubborn], scan: quick });
  const [host, port] = settings.config.web.listen.split(":");
  const other = createServer((_, response) => response.end("somebody else"));
  await new Promise((done) => other.listen(Number(port), host, done));
  t.after(() => other.close());
  const stray = startStubborn(box);
  const both = identities(await twoOf(stray));

  const agent = launch(t, settings);
  await until("it gives up", () => agent.child.exitCode !== null);
  assert.equal((await agent.end()).status, failed);
  assert.equal(lines(agent.log).length, 1, agent.log);
  assert.match(agent.log, /in use/);
  assert.ok(agent.log.includes(settings.config.web.listen), agent.log);
  assert.deepEqual(identities(stray.processes()), both);
  assert.deepEqual(intentsOf(settings), []);
});

test("a damaged state file is told, kept aside, and strayd starts afresh", async (t) => {
  const box = sandbox();
  const settings = await configure(box);
  const first = await startStrayd(t, settings);
  await first.scans(1);
  await first.end();
  const directory = settings.config.state.dir;
  const name = "state.json";
  const damaged = readFileSync(join(directory, name), "utf8").slice(0, -5);
  writeFileSync(join(directory, name), damaged);

  const second = await startStrayd(t, settings);
  await second.scans(1);
  assert.match(second.log, /state/);
  assert.equal(await second.metric("strayd_breaker_open"), 1, "nobody knows that it was closed");
  const aside = readdirSync(directory).filter((file) => file.includes("damaged"));
  assert.ok(aside.some((file) => readFileSync(join(directory, file), "utf8") === damaged), `kept aside: ${aside}`);
  await second.end();
  const third = await startStrayd(t, settings);
  assert.doesNotMatch(third.log, /is not usable/, "and it is told once");
});

test("a reload of a bad file keeps the good one and says so in a metric", async (t) => {
  const box = sandbox();
  const settings = await configure(box, { mode: "observe" });
  const agent = await startStrayd(t, settings);
  const reload = (successful) => {
    agent.child.kill("SIGHUP");
    return until(`a reload that is ${successful ? "" : "not "}successful`, async () =>
      (await agent.metric("strayd_config_last_reload_successful")) === Number(successful));
  };
  assert.equal(await agent.metric("strayd_config_last_reload_successful"), 1);

  writeFileSync(settings.file, '{ "mode": "enforce", "no such key": 1 }');
  await reload(false);
  await agent.scans(1);
  assert.equal(await agent.metric("strayd_enforcing"), 0, "the good one is in force");
  assert.match(agent.log, /strayd\.json:1:\d+: .*no such key/);

  writeFileSync(settings.file, JSON.stringify({ ...settings.config, mode: "enforce" }));
  await reload(true);
  await until("the new one is in force", async () => (await agent.metric("strayd_enforcing")) === 1);
});

test("SIGTERM in the middle of a grace period ends it within a second, and the audit log says what is not done", async (t) => {
  const box = sandbox();
  const settings = await configure(box, { rules: [{ ...stubborn, grace: "5m" }], scan: quick });
  const stray = startStubborn(box);
  const both = await twoOf(stray);
  const agent = await startStrayd(t, settings);
  await until("the grace period has begun", () => intentsOf(settings).length > 0);
  await agent.scans(1);

  const { status, after } = await agent.end("SIGTERM");
  assert.equal(status, 0);
  assert.ok(after < seconds, `it took ${after} ms`);
  assert.deepEqual(identities(stray.processes()), identities(both), "the stray lives on");
  assert.equal(frozen().length, 0, "and is not frozen");
  for (const { pid, start_ticks: start } of intentsOf(settings)) {
    const last = auditOf(settings).filter((line) =>
      line.event === "outcome" && line.pid === pid && line.start_ticks === start).at(-1);
    assert.equal(last?.outcome, "failed", `promised to ${pid} and not done`);
    assert.match(JSON.stringify(last), /interrupted/);
  }
});

test("SIGTERM while idle ends it within a second", async (t) => {
  const agent = await startStrayd(t, await configure(sandbox()));
  const { status, after } = await agent.end("SIGTERM");
  assert.equal(status, 0);
  assert.ok(after < seconds, `it took ${after} ms`);
});

test("a kill set over the budget ends nothing and opens the breaker, which stays open over a restart", async (t) => {
  const box = sandbox();
  const settings = await configure(box, { rules: [stubborn], scan: quick, limits: { kills_per_scan: 2 } });
  const strays = [startStubborn(box), startStubborn(box), startStubborn(box)];
  const processes = (await Promise.all(strays.map(twoOf))).flat();
  const all = identities(processes);
  const allLive = () => assert.deepEqual(identities(strays.flatMap((stray) => stray.processes())), all);

  await until("all are old enough, so that all are ripe at once", () => processes.every((one) => age(one) > 1.5));
  const first = await startStrayd(t, settings);
  await until("the breaker opens", async () => (await first.metric("strayd_breaker_open")) === 1);
  allLive();
  await first.end("SIGKILL");

  // One stray would be within the budget: the latch alone spares it.
  for (const { pid } of strays.slice(1).flatMap((stray) => stray.processes())) process.kill(pid, "SIGKILL");
  await Promise.all(strays.slice(1).map((stray) => gone(stray)));
  const last = identities(strays[0].processes());
  const second = await startStrayd(t, settings);
  assert.equal(await second.metric("strayd_breaker_open"), 1);
  await throughout(4 * seconds, () => assert.deepEqual(identities(strays[0].processes()), last));
  assert.deepEqual(intentsOf(settings), []);
});

test("the web pages answer by their exact paths, and nothing else does", async (t) => {
  const agent = await startStrayd(t, await configure(sandbox()));
  for (const path of ["/-/healthy", "/-/ready", "/metrics", "/api/v1/status", "/"]) {
    assert.equal((await agent.get(path)).status, 200, path);
  }
  assert.match((await agent.get("/metrics")).headers.get("content-type"), /^text\/plain/);
  assert.match((await agent.get("/api/v1/status")).headers.get("content-type"), /^application\/json/);
  assert.match((await agent.get("/")).headers.get("content-type"), /^text\/html/);
  for (const path of ["/metrics/more", "/metricsmore", "/-/", "/-/healthy/x", "/api", "/nothing"]) {
    assert.equal((await agent.get(path)).status, 404, path);
  }
});

test("with a web config file every page asks for the password, and what tells nothing but life does not", async (t) => {
  const box = sandbox();
  // bcrypt of "secret", cost 4
  const hash = "$2b$04$LHpKWPBHAGUkCmxzpc6/4u1IhGczVo82.ORsM1ZpeXFU8XUfesdMq";
  const file = box.path("web.yml");
  writeFileSync(file, `basic_auth_users:\n  prometheus: ${hash}\n`);
  const settings = await configure(box, { web: { config_file: file } });
  const agent = launch(t, settings);
  const ask = async (path, userAndPassword) => (await agent.get(path, {
    headers: { authorization: `Basic ${Buffer.from(userAndPassword).toString("base64")}` },
  })).status;
  await until("a probe without a password is answered", async () => (await agent.get("/-/ready")).status === 200);
  assert.equal((await agent.get("/-/healthy")).status, 200);
  assert.equal((await agent.get("/-/ready/")).status, 401);
  for (const path of ["/metrics", "/", "/api/v1/status"]) {
    assert.equal(await ask(path, "prometheus:secret"), 200, path);
    assert.equal(await ask(path, "prometheus:wrong"), 401, path);
    assert.equal(await ask(path, "nobody:secret"), 401, path);
    assert.equal((await agent.get(path)).status, 401, path);
  }
});

test("a web config file that asks for TLS is refused with exit code 2", async () => {
  const box = sandbox();
  const file = box.path("web.yml");
  writeFileSync(file, "tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n");
  const settings = await configure(box, { web: { config_file: file } });
  for (const name of ["run", "check-config"]) {
    const { status, stderr } = await command([name, "--config", settings.file]);
    assert.equal(status, usage, name);
    assert.match(stderr, /TLS|tls_server_config/);
    assert.equal(lines(stderr).length, 1, stderr);
  }
});
