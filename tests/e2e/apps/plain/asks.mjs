// A server that asks for PORT, and where that is taken does as it is told by
// THEN:
//
//   exit   tells of it and ends with code 1 (where nothing is said)
//   wait   tells of it once, and lives on without a port
//
// SAYS: it writes that text to its error output first.
// CHILD: a detached child of its own, with all its environment, listens there
// before it does.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const { PORT, THEN = "exit", SAYS, CHILD } = process.env;
if (SAYS) console.error(SAYS);
if (CHILD) {
  spawn(process.execPath, [import.meta.filename], {
    detached: true, stdio: "ignore", env: { ...process.env, CHILD: "", THEN: "exit" },
  }).unref();
  await pause(1000);
}
createServer((_, response) => response.end("yes"))
  .on("error", (error) => {
    console.error(error);
    if (THEN === "exit") process.exit(1);
    setInterval(() => {}, 1000);
  })
  .listen(Number(PORT), "127.0.0.1");
