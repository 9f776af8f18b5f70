// Breaks strayd on purpose, one line at a time, and sees whether a unit test fails.
//
//   node tests/mutants/run.mjs [ROOM...]
//
// Each list (ROOM.json beside this file) has changes to the sources: `file`; `text`,
// which is there once; what it `becomes`; why that `hurts`; the `tests` that should
// notice. One that nobody can notice says in `survives` why. All happens in a copy.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const copy = join(root, "build/mutants");
const minute = 60_000;

const roomsHere = readdirSync(here).filter((name) => name.endsWith(".json")).map((name) => basename(name, ".json"));

function listOf(room) {
  assert.ok(roomsHere.includes(room), `there is no list of ${room}; there are ${roomsHere.join(", ")}`);
  return JSON.parse(readFileSync(join(here, `${room}.json`), "utf8")).map((mutant) => ({ ...mutant, room }));
}

// What git would commit, and nothing that is gone. A file that is the same stays
// as old as it was, so that nothing is built twice.
function refreshCopy() {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  for (const file of listed.split("\0").filter(Boolean)) {
    const [from, to] = [join(root, file), join(copy, file)];
    const [now, before] = [from, to].map((path) => { try { return readFileSync(path); } catch { return null; } });
    if (now === null) { rmSync(to, { force: true }); continue; }
    if (before?.equals(now)) continue;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
}

const build = (targets) => spawnSync("cmake", ["--build", "--preset", "dev", "--parallel", String(availableParallelism()), "--target", ...targets],
  { cwd: copy, encoding: "utf8", timeout: 60 * minute, maxBuffer: 64 << 20 });

function pathsOf(targets) {
  const rules = execFileSync("ninja", ["-C", "build/dev", "-t", "targets", "all"], { cwd: copy, encoding: "utf8", maxBuffer: 64 << 20 });
  return targets.map((target) => {
    const found = rules.split("\n").find((line) => line.includes(`/${target}: CXX_EXECUTABLE`));
    assert.ok(found, `there is no test ${target}`);
    return join(copy, "build/dev", found.split(":")[0]);
  });
}

const testFails = (path) =>
  spawnSync(path, ["--gtest_brief=1", "--gtest_fail_fast"], { cwd: copy, timeout: 5 * minute, maxBuffer: 64 << 20 }).status !== 0;

// "killed", "survived", or "unbuildable": the change is no program.
function outcomeOf({ file, text, becomes, tests }) {
  const path = join(copy, file);
  const before = readFileSync(path, "utf8");
  assert.equal(before.split(text).length, 2, `${file} should have this once: ${text}`);
  writeFileSync(path, before.replace(text, () => becomes));
  try {
    if (build(tests).status !== 0) return "unbuildable";
    return pathsOf(tests).some(testFails) ? "killed" : "survived";
  } finally {
    writeFileSync(path, before);
  }
}

const rooms = process.argv.length > 2 ? process.argv.slice(2) : roomsHere;
const mutants = rooms.flatMap(listOf);
const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))];
refreshCopy();
const configured = spawnSync("cmake", ["--preset", "dev"], { cwd: copy, encoding: "utf8" });
assert.equal(configured.status, 0, configured.stderr);
const built = build(tests);
assert.equal(built.status, 0, built.stdout + built.stderr);
for (const path of pathsOf(tests)) assert.ok(!testFails(path), `${path} fails without a change`);

const score = new Map(rooms.map((room) => [room, { killed: 0, all: 0 }]));
let wrong = 0;
for (const mutant of mutants) {
  const outcome = outcomeOf(mutant);
  const explained = outcome === "survived" && mutant.survives;
  const counted = score.get(mutant.room);
  counted.all += 1;
  if (outcome === "killed") counted.killed += 1;
  if (outcome === "unbuildable" || (outcome === "survived" && !explained) || (outcome === "killed" && mutant.survives)) wrong += 1;
  console.log(`${outcome.padEnd(11)} ${mutant.file}: ${mutant.hurts}${explained ? ` (${mutant.survives})` : ""}`);
}
for (const [room, { killed, all }] of score) console.log(`${room}: ${killed} of ${all} killed (${Math.round((100 * killed) / all)} %)`);
process.exit(wrong === 0 ? 0 : 1);
