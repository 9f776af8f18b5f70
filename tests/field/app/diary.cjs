// What each process of a cell does by itself: it writes down that it began, and
// each signal that it can see. FIELD_ROLE is what it was started for.
const { spawn } = require("node:child_process");
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const { env, pid } = process;
const role = env.FIELD_ROLE ?? "server";
const instance = Number(env.NODE_APP_INSTANCE ?? 0);

function write(line) {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  appendFileSync(env.FIELD_DIARY, `${JSON.stringify({ pid, start, role, ...line })}\n`);
}

write({ event: "start" });
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR2"]) {
  process.on(signal, () => {
    write({ event: "signal", signal });
    process.exit(0);
  });
}

// A release that does not work.
if (role !== "helper" && existsSync(env.FIELD_BROKEN)) process.exit(1);

if (role !== "helper" && role !== "hook" && env.FIELD_HELPER) {
  spawn(process.execPath, [join(__dirname, "helper.mjs")], {
    detached: env.FIELD_HELPER === "detached",
    stdio: env.FIELD_HELPER === "detached" ? "ignore" : "inherit",
    env: { ...env, FIELD_ROLE: "helper", PORT: String(Number(env.FIELD_HELPER_PORT) + instance) },
  }).unref();
}
