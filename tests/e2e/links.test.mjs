// A directory in the configuration may be a link that every deploy moves.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { startStray } from "./support/backends.mjs";
import { ecosystem, ends, orphaned, server, soon, spares, theOne } from "./support/owned.mjs";
import { below } from "./support/processes.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { sandbox } from "./support/sandbox.mjs";
import { command, configure, startStrayd } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const seconds = 1000;

// Two releases, and a link to the first.
function deployed() {
  const box = sandbox();
  const releases = ["1", "2"].map((number) => box.path(`app/releases/${number}`));
  mkdirSync(box.path("app/releases"), { recursive: true });
  for (const release of releases) {
    cpSync(box.app("plain"), release, { recursive: true });
    // Below the app's directory, as the server's imports have it.
    cpSync(box.app("lib"), box.path("app/releases/lib"), { recursive: true });
    writeFileSync(join(release, "start.sh"), "node server.mjs\nexit $?\n");
  }
  const current = box.path("app/current");
  symlinkSync("releases/1", current);
  const deploy = () => {
    symlinkSync("releases/2", `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  return { box, current, deploy };
}

test("what is protected through a link stays so when the link moves", async (t) => {
  const { box, current, deploy } = deployed();
  startStray(["node", "server.mjs"], { cwd: current, env: { PORT: "0" } });
  const mine = await theOne("server.mjs");
  const settings = await configure(box, { rules: [server], protect: [{ name: "mine", cwd: current }], scan: soon });
  const agent = await startStrayd(t, settings);
  const protection = { duration: 5 * seconds, verdict: "protected", why: ["protect_rule"] };
  await spares(agent, [mine], protection);
  deploy();
  await spares(agent, [mine], protection);
});

test("a rule that goes through a link means what the release before has left, too", async (t) => {
  const { box, current, deploy } = deployed();
  const pm2 = startPm2(t, box);
  const start = () => pm2.cli(["start", ecosystem(box, {
    name: "web", script: "start.sh", interpreter: "bash", cwd: current, kill_timeout: 500, env: { PORT: "0" },
  })]);
  await start();
  await pm2.online("web");
  const old = await theOne("server.mjs");
  const settings = await configure(box, { rules: [{ ...server, cwd: current }], scan: soon });
  const agent = await startStrayd(t, settings);
  await agent.scans(3);

  process.kill(old.parent, "SIGKILL");
  await orphaned(old);
  await pm2.cli(["delete", "web"]);
  deploy();
  await start();
  await pm2.online("web");
  await ends(agent, old, "leftover");
  const root = await pm2.pid("web");
  await until("the new release runs", () => below(root).length > 0);
});

test("a directory that does not exist is a warning", async () => {
  const box = sandbox();
  const missing = box.path("no-such-directory");
  const { file } = await configure(box, { rules: [{ ...server, cwd: missing }], protect: [{ name: "mine", cwd: missing }] });
  const { status, stdout, stderr } = await command(["check-config", file]);
  assert.equal(status, 0);
  assert.match(stdout + stderr, new RegExp(`warning.*${missing}|${missing}.*warning`, "i"));
});
