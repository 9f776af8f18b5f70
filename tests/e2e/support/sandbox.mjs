// A directory for one test, with a copy of the apps, and free ports.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allProcesses, describe } from "./processes.mjs";

const apps = fileURLToPath(new URL("../apps", import.meta.url));

// Ends what an earlier test of this file left in its PID namespace, such as the
// orphans of a daemon that it killed: to the next strayd they would be real. One
// may start another meanwhile, and a killed one is seen until it is gone.
function emptyTheHouse() {
  if (!readFileSync("/proc/1/cmdline", "latin1").includes("inside.sh")) {
    throw new Error("not in a PID namespace of its own: use run.mjs");
  }
  const left = () => allProcesses().filter(({ pid, state }) => pid !== 1 && pid !== process.pid && state !== "Z");
  const deadline = Date.now() + 10_000;
  for (let others = left(); others.length > 0; others = left()) {
    if (Date.now() > deadline) throw new Error(`they do not end:\n${describe(others)}`);
    for (const { pid } of others) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // gone by itself
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

export function sandbox() {
  emptyTheHouse();
  const directory = mkdtempSync(join(process.env.SCRATCH, "test-"));
  chmodSync(directory, 0o755);
  cpSync(apps, join(directory, "apps"), { recursive: true });
  return {
    directory,
    app: (name) => join(directory, "apps", name),
    path: (name) => join(directory, name),
    make(name) {
      mkdirSync(join(directory, name), { recursive: true });
      return join(directory, name);
    },
  };
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

// What a login would give a process, and nothing of PM2, npm or the test runner.
export function plainEnvironment(more = {}) {
  const { PATH, LANG, HOME, TMPDIR } = process.env;
  return { PATH, LANG, HOME, TMPDIR, ...more };
}

// The start of a command that is to run as another user: { uid, gid }.
export function asUser(user) {
  return user ? ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--"] : [];
}
