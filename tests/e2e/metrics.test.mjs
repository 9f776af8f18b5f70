// What Prometheus itself makes of a page that a strayd at work serves.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { gone, npmRun, startManaged, startStrayServer } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { configure, plainServer, startStrayd, tsxServer } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const badStyle = 3;
// Dashboards and rules rely on this name, so it stays.
const agreed =
  "strayd_pm2_counter_resets_total metric name should not include type 'counter'\n";

test("promtool objects to one agreed name on the page of a strayd at work, and to nothing else", async (t) => {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  await npmRun(box, pm2, exchange, "dev");
  await startManaged(pm2, exchange, "cluster", ["server.mjs", "--name", "cluster", "-i", "2"], {
    cwd: box.app("plain"), instances: 2,
  });
  const settings = await configure(box, { rules: [tsxServer, plainServer] });
  const stray = await startStrayServer(box, exchange);
  const agent = await startStrayd(t, settings);
  await gone(stray);
  await pm2.cli(["restart", "cluster"]);
  await until("the kills and the restarts are counted", async () =>
    (await agent.metric("strayd_orphans_killed_total")) > 0 &&
    (await agent.metric("strayd_pm2_app_restarts_total", { app: "cluster" })) === 2);

  const page = await agent.metrics();
  for (const family of ["strayd_pm2_up", "strayd_pm2_app_instances", "strayd_backend_up", "strayd_reap_duration_seconds_count"]) {
    assert.match(page, new RegExp(`^${family}[{ ]`, "m"), `the page of a strayd at work has ${family}`);
  }
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: page, encoding: "utf8" });
  assert.equal(stdout + stderr, agreed);
  assert.equal(status, badStyle);
});
