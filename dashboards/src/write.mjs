#!/usr/bin/env node
// Writes what the code builds to dashboards/*.json; with --check says which of
// them differ, and writes nothing. Compile first: `npm run build` does both.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { dashboards } = createRequire(import.meta.url)("./build/index.js");
const fileOf = (name) => new URL(`../${name}.json`, import.meta.url);

function committed(name) {
  try {
    return readFileSync(fileOf(name), "utf8");
  } catch {
    return "";
  }
}

let differing = 0;
for (const [name, dashboard] of Object.entries(dashboards)) {
  const text = `${JSON.stringify(dashboard, null, 2)}\n`;
  if (committed(name) === text) continue;
  differing += 1;
  if (!process.argv.includes("--check")) writeFileSync(fileOf(name), text);
  else console.error(`dashboards/${name}.json is not what dashboards/src builds: npm run build`);
}
if (process.argv.includes("--check") && differing > 0) process.exit(1);
