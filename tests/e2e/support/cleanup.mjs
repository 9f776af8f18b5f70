// What ends the backends of the incident: a shell script whose `kill` is gone at once.
import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

// Runs it as cron would, with the arguments of kill(1).
export function cleanup(box) {
  const file = box.path("cleanup-old-processes.sh");
  writeFileSync(file, "#!/bin/sh\n/bin/kill \"$@\"\nexit 0\n");
  chmodSync(file, 0o755);
  return (...args) => run("/bin/sh", ["-c", `${file} ${args.join(" ")}; true`]);
}
