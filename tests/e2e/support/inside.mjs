// In namespaces of their own: what is run there sees nothing of this machine's
// processes and network, and nothing of it outlives it. See run.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const e2e = fileURLToPath(new URL("..", import.meta.url));
const modules = join(e2e, "node_modules");

// The command that runs what follows it so, with an empty directory for all that
// it writes, and a copy of `modules` in it.
// It is a session of its own: a signal to a process group, as kill(0, …) is one,
// crosses PID namespaces, and that of the caller is whoever runs these tests. So
// Ctrl-C does not reach it; it ends with the caller.
export const inside = (scratch, copied = modules) => ["setpriv", [
  "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--net", "--ipc",
  "--mount", "--propagation", "unchanged",  // inside.sh sees to that
  "setsid", join(e2e, "inside.sh"), scratch, copied,
]];

// Runs a script of node's so, to its end: its status. `needs`: it uses the
// modules.
export function runInside(script, args, { needs = true } = {}) {
  const [scratch, nothing] = ["scratch", "nothing"].map((name) => mkdtempSync(join(tmpdir(), `strayd-${name}-`)));
  const [program, before] = inside(scratch, needs ? modules : nothing);
  const { status } = spawnSync(program, [...before, process.execPath, script, ...args], { stdio: "inherit" });
  for (const directory of [scratch, nothing]) rmSync(directory, { recursive: true, force: true });
  return status ?? 1;
}
