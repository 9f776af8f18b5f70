// A server of somebody else's that a test needs.
import { spawn } from "node:child_process";
import { plainEnvironment } from "./sandbox.mjs";
import { until } from "./wait.mjs";

// It must be there for as long as the test runs. Ready is what it calls ready.
export function startProgram(t, [name, ...args], url) {
  const child = spawn(name, args, { env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (status, signal) => done(`ended with ${status ?? signal}`));
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const ready = until(`${name} is ready`, async () => (await fetch(`${url}/-/ready`)).ok);
  const broken = ended.then((how) => {
    throw new Error(`${name} ${how}:\n${log}`);
  });
  broken.catch(() => {});
  return Promise.race([ready, broken]);
}
