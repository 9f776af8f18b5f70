// What was told to end has its grace, also from a strayd that is started anew,
// and is spared where it is no orphan any more by what the operator says now.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import { gone, startStray } from "./support/backends.mjs";
import { frozen, identities } from "./support/processes.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { auditOf, configure, intentsOf, startStrayd, stubborn } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const quick = { interval: "200ms", min_age: "1s", confirmations: 2, settle: "1s" };
const grace = 5000;
const rule = { ...stubborn, grace: `${grace}ms` };
const terminated = (settings) => intentsOf(settings).filter(({ step }) => step === "terminate");

async function inItsGrace(t) {
  const box = sandbox();
  const settings = await configure(box, { rules: [rule], scan: quick });
  const stray = startStray(["node", "stubborn.mjs"], { cwd: box.app("plain") });
  const agent = await startStrayd(t, settings);
  await until("it is told to end", () => terminated(settings).length === 2);
  return { settings, stray, agent };
}

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`a grace is not cut short by a strayd that is started anew after ${signal}`, async (t) => {
    const { settings, stray, agent } = await inItsGrace(t);
    const told = Date.parse(terminated(settings)[0].ts);
    await agent.end(signal);
    await startStrayd(t, settings);
    await gone(stray);
    const again = intentsOf(settings).filter(({ ts }) => Date.parse(ts) > told + 100);
    assert.ok(again.length > 0, "the second one ended it");
    for (const line of again) {
      const since = Date.parse(line.ts) - told;
      assert.ok(since >= grace - 1, `${line.step} of ${line.pid} ${since} ms after it was told to end`);
    }
  });
}

test("what a rule means no more is spared, though it was told to end", async (t) => {
  const { settings, stray, agent } = await inItsGrace(t);
  const both = identities(stray.processes());
  const narrowed = { ...settings.config, rules: [{ ...rule, pattern: "stubborn\\.mjs --and-more" }] };
  writeFileSync(settings.file, JSON.stringify(narrowed));
  agent.child.kill("SIGHUP");
  const outcomes = () => auditOf(settings).filter(({ event }) => event === "outcome");
  await until("both are accounted for", () => outcomes().length === 2);
  for (const { outcome, detail } of outcomes()) {
    assert.equal(outcome, "refused");
    assert.match(detail, /its rule was changed/);
  }
  assert.deepEqual(identities(stray.processes()), both);
  assert.equal(frozen().length, 0);
  assert.ok(intentsOf(settings).every(({ step }) => step === "terminate"));
});
