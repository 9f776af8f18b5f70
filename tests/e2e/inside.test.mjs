// What each of these files runs in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

test("no process group or session reaches out of the namespace", () => {
  // proc(5): the fields after the name; 0 is one of another PID namespace.
  const [, , group, session] = readFileSync("/proc/self/stat", "utf8").replace(/^.*\) /s, "").split(" ").map(Number);
  assert.notEqual(group, 0);
  assert.notEqual(session, 0);
});
