#!/usr/bin/env node
// Are the committed dashboards what their code builds, what Grafana's schema
// accepts, what the rules of the house want, and told in the docs?
//
//   node tests/dashboards/check.mjs      after `npm ci` in dashboards/src
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { committed, home, panelsOf, root } from "./files.mjs";
import { rules } from "./rules.mjs";
import { objections } from "./schema.mjs";

const failures = [];

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: home, encoding: "utf8" });
  if (status !== 0) failures.push(`${stdout}${stderr}`.trim());
  return status === 0;
}

if (run(join(home, "node_modules/typescript/bin/tsc"))) run(join(home, "write.mjs"), "--check");

const dashboards = committed();
for (const { name, dashboard } of dashboards) {
  for (const [rule, look] of Object.entries(rules)) {
    failures.push(...look(dashboard).map((text) => `${name}: ${rule}: ${text}`));
  }
}
const told = readFileSync(join(root, "docs/dashboards.md"), "utf8");
for (const { name, dashboard } of dashboards) {
  failures.push(...panelsOf(dashboard).filter(({ title }) => !told.includes(`| ${title} |`))
    .map(({ title }) => `${name}: docs/dashboards.md does not tell what "${title}" answers`));
}
const objected = objections(dashboards);
if (objected) failures.push(objected);

for (const failure of failures) console.error(failure);
console.log(`${dashboards.length} dashboards, ${Object.keys(rules).length} rules, ${failures.length} failures`);
process.exit(dashboards.length > 0 && failures.length === 0 ? 0 : 1);
