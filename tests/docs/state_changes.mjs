#!/usr/bin/env node
// `./dev test` does not repeat what has passed until something changes: what
// counts as a change, in a clone of this checkout.
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");
const run = (command, ...given) => execFileSync(command, given, { encoding: "utf8" }).trim();
const scratch = mkdtempSync(join(tmpdir(), "strayd-state-"));

try {
  const clone = join(scratch, "clone");
  run("git", "clone", "--quiet", "--no-hardlinks", "--depth=1", `file://${repository}`, clone);
  copyFileSync(join(repository, "dev"), join(clone, "dev"));
  const state = () => run(join(clone, "dev"), "state");

  const first = state();
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(state(), first, "nothing has changed");

  mkdirSync(join(clone, "build"));
  writeFileSync(join(clone, "build/log"), "of a build");
  assert.equal(state(), first, "what is built is no source");

  appendFileSync(join(clone, "src/cli/main.cc"), "\n");
  const edited = state();
  assert.notEqual(edited, first, "an edit that is not committed counts");

  writeFileSync(join(clone, "src/cli/new.cc"), "");
  const added = state();
  assert.notEqual(added, edited, "a file that git does not know yet counts");

  rmSync(join(clone, "src/cli/new.cc"));
  assert.equal(state(), edited, "as before");

  rmSync(join(clone, "src/cli/main.cc"));
  const removed = state();
  assert.ok(removed !== edited && removed !== first, "a file that is gone counts");

  rmSync(join(clone, ".git"), { recursive: true });
  assert.equal(state(), "", "without git it can't be told");
} finally {
  rmSync(scratch, { recursive: true });
}
console.log("what counts as a change since the last tests: as told");
