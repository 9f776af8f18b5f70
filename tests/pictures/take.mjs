#!/usr/bin/env node
// Plays an incident on two hosts, and takes a picture of each dashboard:
//
//   node take.mjs [DIRECTORY]
//
// DIRECTORY keeps what Prometheus saw. Where it has that already, only the
// pictures are taken anew. STRAYD_BIN names the agent (default: build/dev/strayd).
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { committed } from "../dashboards/files.mjs";
import { freePort } from "../e2e/support/sandbox.mjs";
import { until } from "../e2e/support/wait.mjs";
import { bundle } from "./bundle.mjs";
import { photograph } from "./photograph.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// In namespaces as those of the end-to-end tests: the hosts' agents enforce.
function play(directory) {
  const strayd = resolve(process.env.STRAYD_BIN ?? here("../../build/dev/strayd"));
  for (const needed of [strayd, here("../e2e/node_modules/pm2")]) {
    if (!existsSync(needed)) throw new Error(`${needed} is not there: see README.md`);
  }
  const scratch = mkdtempSync(join(tmpdir(), "strayd-stage-"));
  const { status } = spawnSync("unshare", [
    "--pid", "--fork", "--kill-child", "--net", "--ipc", "--mount", "--propagation", "unchanged",
    here("../e2e/inside.sh"), scratch, here("../e2e/node_modules"), process.execPath, here("stage.mjs"), directory,
  ], { stdio: "inherit", env: { ...process.env, STRAYD_BIN: strayd } });
  rmSync(scratch, { recursive: true, force: true });
  if (status !== 0) throw new Error("the incident could not be played");
}

// Prometheus over what was seen; it scrapes nothing any more.
async function remember(directory) {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn("prometheus", [
    `--config.file=${join(directory, "nothing.yml")}`, `--storage.tsdb.path=${join(directory, "tsdb")}`,
    `--web.listen-address=${address}`,
  ], { stdio: "ignore" });
  await until("Prometheus is ready", async () => (await fetch(`http://${address}/-/ready`)).ok);
  return { url: `http://${address}`, end: () => child.kill("SIGTERM") };
}

const directory = resolve(process.argv[2] ?? mkdtempSync(join(tmpdir(), "strayd-pictures-")));
if (!existsSync(join(directory, "scene.json"))) play(directory);
const scene = JSON.parse(readFileSync(join(directory, "scene.json"), "utf8"));
const site = join(directory, "site");
mkdirSync(site, { recursive: true });
await bundle(site);

const images = here("../../docs/images");
mkdirSync(images, { recursive: true });
const prometheus = await remember(directory);
try {
  for (const { name, dashboard } of committed()) {
    const file = join(images, `${name}.png`);
    await photograph({ site, prometheus: prometheus.url, dashboard, scene: { ...scene, variables: scene.chosen[name] }, file });
    console.log(file);
  }
} finally {
  prometheus.end();
}
if (!process.argv[2]) rmSync(directory, { recursive: true, force: true });
