#!/usr/bin/env node
// Runs the end-to-end tests, each file in namespaces of its own:
//
//   run.mjs [WORD…]     only the files whose name holds one of the words
//
// An enforcing strayd may see nothing but the processes of its own test, and
// nothing of a test may outlive it. So each file gets a PID namespace (which the
// kernel empties when its pid 1 ends), a network with a loopback and nothing
// else, and a scratch directory that vanishes with it.
//
// STRAYD_BIN        the program under test (default: build/dev/strayd)
// STRAYD_E2E_SCAN   JSON: how it scans where a test does not say (default: {})
// STRAYD_E2E_RESTART=1  strayd is started anew in the middle of each story of
//                   ownership (see support/owned.mjs)
// E2E_JOBS          files at a time (default: 2)
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inside } from "./support/inside.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const fileDeadline = 15 * 60_000;  // a busy machine is slow, not broken

function complain(text) {
  console.error(`e2e: ${text}`);
  process.exit(1);
}

function runFile(file, scratch) {
  return new Promise((done) => {
    const started = Date.now();
    const [program, before] = inside(scratch);
    const child = spawn(program, [...before, process.execPath, "--test-reporter=tap", join(here, file)]);
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const timer = setTimeout(() => {
      output += `\n# ${file} did not end within ${fileDeadline / 1000} s\n`;
      child.kill("SIGKILL");  // --kill-child takes the whole namespace along
    }, fileDeadline);
    child.on("close", (status) => {
      clearTimeout(timer);
      done({ file, status, output, seconds: (Date.now() - started) / 1000 });
    });
  });
}

// "ok 1 - name" at the outer level; a file that died before it could report is
// one failure.
function countTests({ status, output }) {
  const lines = output.split("\n");
  const passed = lines.filter((line) => /^ok \d+ - /.test(line) && !/# (SKIP|TODO)/.test(line)).length;
  const failed = lines.filter((line) => /^not ok \d+ - /.test(line)).length;
  return { passed, failed: failed || (status === 0 && passed > 0 ? 0 : 1) };
}

function show(result) {
  const { passed, failed } = countTests(result);
  console.log(`${failed ? "FAILED" : "passed"}  ${result.file}  ` +
    `(${passed} passed, ${failed} failed, ${result.seconds.toFixed(1)} s)`);
  for (const line of result.output.split("\n")) {
    const test = /^(not ok|ok) \d+ - (.*)/.exec(line);
    if (test) console.log(`  ${test[1] === "ok" ? "+" : "-"} ${test[2]}`);
  }
  if (failed) console.log(failuresIn(result.output).replace(/^/gm, "    | "));
}

// The reports of the tests that failed; all that was said where no test did.
function failuresIn(output) {
  const reports = output.split(/^(?=# Subtest: )/m).filter((report) => /^not ok /m.test(report));
  return reports.length > 0 ? reports.join("") : output;
}

async function main() {
  if (process.getuid() !== 0) {
    const again = ["--preserve-env=STRAYD_BIN,STRAYD_E2E_SCAN,STRAYD_E2E_RESTART,E2E_JOBS,E2E_SHOW_LOG,PATH", process.execPath, ...process.argv.slice(1)];
    const { status, error } = spawnSync("sudo", again, { stdio: "inherit" });
    if (error) complain("needs root, and there is no sudo");
    process.exit(status ?? 1);
  }
  const strayd = resolve(process.env.STRAYD_BIN || join(here, "../../build/dev/strayd"));
  if (!existsSync(strayd)) complain(`${strayd} is not there: build it, or set STRAYD_BIN`);
  if (!existsSync(join(here, "node_modules/pm2"))) complain("node_modules is not there: npm ci --ignore-scripts");
  process.env.STRAYD_BIN = strayd;

  const words = process.argv.slice(2);
  const files = readdirSync(here)
    .filter((name) => name.endsWith(".test.mjs"))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .sort();
  if (files.length === 0) complain(`no test file is called like ${words.join(", ")}`);

  const results = [];
  // It keeps the machine busy, so that all others would be late beside it.
  const alone = files.filter((name) => name === "crash.test.mjs");
  let waiting = files.filter((name) => !alone.includes(name));
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const scratch = mkdtempSync(join(tmpdir(), "strayd-e2e-"));
      const result = await runFile(file, scratch);
      rmSync(scratch, { recursive: true, force: true });
      show(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Number(process.env.E2E_JOBS || 2) }, worker));
  waiting = alone;
  await worker();

  // Once more where nobody has to scroll for it.
  for (const { file, output } of results) {
    for (const [, name, report] of output.matchAll(/^not ok \d+ - (.*)\n([^]*?)^  \.\.\.$/gm)) {
      const why = /^  error: (?:\|-\n)?((?:.*\n)(?:    .*\n){0,6})/m.exec(report)?.[1] ?? "";
      console.log(`failed: ${file}: ${name}\n${why.trimEnd().replace(/^ */gm, "        ")}`);
    }
  }
  const total = results.map(countTests).reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
  }));
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed ? 1 : 0);
}

await main();
