// Beside an agent, `scan` and `explain` tell what that knows, and say that they do.
import assert from "node:assert/strict";
import test from "node:test";
import { forEver, npmRun, serves } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { lives, processOf } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { command, configure, intentsOf, scan, scanJson, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

test("a scan and an explanation beside an agent name the orphan on the port as the agent does", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const { name, port } = await npmRun(box, pm2, exchange, "start", "api", forEver);
  const settings = await configure(box, { mode: "observe" });
  const agent = await startStrayd(t, settings);
  await agent.until("its port is known", async () =>
    (await agent.status()).apps[0]?.ports?.some((one) => one.port === port));
  const orphan = processOf(await serves(port));
  process.kill(await pm2.pid(name), "SIGKILL");
  let known;
  await agent.until("the agent calls it a leftover that is in the way", async () => {
    const status = await agent.status();
    known = status.candidates.find(({ pid }) => pid === orphan.pid);
    return known?.verdict === "leftover" && status.port_conflicts.some((one) => one.holder?.pid === orphan.pid) &&
      (await agent.metric("strayd_pm2_app_restarts_total", { app: name, cause: "port_conflict" })) > 0;
  });

  const { report, status } = await scanJson(settings, "--quick");
  const seen = report.candidates.find(({ pid }) => pid === orphan.pid);
  assert.deepEqual([seen.verdict, seen.why], [known.verdict, known.why]);
  const alone = report.beside_agent.this_look.find(({ pid }) => pid === orphan.pid).verdict;
  assert.ok(["held", "pending"].includes(alone), alone);
  assert.equal(status, 3, "an orphan is left");
  const [conflict] = report.port_conflicts;
  assert.deepEqual([conflict.app, conflict.port, conflict.holder.pid], [name, port, orphan.pid]);

  const text = (await scan(settings, "--quick")).stdout;
  assert.match(text, new RegExp(`^${name} .* ${port}\\b.*port_conflict`, "m"), text);
  assert.match(text, new RegExp(`In the way: port ${port} of ${name} is held by .*pid ${orphan.pid}.*, which is leftover`), text);
  assert.match(text, /from the agent's records of /);

  const told = (await command(["explain", String(orphan.pid), "--config", settings.file])).stdout;
  assert.match(told, /^Verdict: +leftover$/m, told);
  assert.match(told, /^Said by: +the agent, .* this look alone says (held|pending)/m, told);
  assert.match(told, /^In the way: /m, told);
  assert.doesNotMatch(told, /Wait/);
  assert.ok(lives(orphan), "nobody was asked to end it");
  assert.deepEqual(intentsOf(settings), []);
});

test("what the agent spares is spared by a scan that reaps beside it", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  const { name, port } = await npmRun(box, pm2, exchange, "start", "api", forEver);
  const settings = await configure(box, { mode: "observe", protect: [{ name: "mine", pattern: "server\\.ts" }] });
  const agent = await startStrayd(t, settings);
  const orphan = processOf(await serves(port));
  process.kill(await pm2.pid(name), "SIGKILL");
  await agent.until("the agent protects it", async () =>
    (await agent.status()).candidates.find(({ pid }) => pid === orphan.pid)?.verdict === "protected");

  // The same state and ledger, and a configuration that spares nobody.
  const other = await configure(box, { name: "other", mode: "enforce", state: settings.config.state, audit: settings.config.audit });
  const { report } = await scanJson(other, "--reap");
  assert.ok(lives(orphan), JSON.stringify(report.reaped));
  assert.deepEqual(report.reaped.map(({ outcome }) => outcome).filter((outcome) => outcome !== "refused"), []);
  await until("the agent goes on", async () => (await agent.status()).candidates.length > 0);
});
