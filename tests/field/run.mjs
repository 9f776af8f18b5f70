#!/usr/bin/env node
// Runs the field suite: real programs that start servers, and what happens to
// them, each cell of table.mjs in namespaces of its own.
//
//   run.mjs                    the whole table; writes docs/field.md
//   run.mjs STARTER [EVENT]    a row, or a cell: docs/field.md is written anew
//                              where all others have been run before
//   run.mjs --choice           the cells that each `./dev test` runs
//
// STRAYD_BIN   the program under test (default: build/dev/strayd)
// FIELD_JOBS   cells at a time (default: 4)
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inside } from "../e2e/support/inside.mjs";
import { keepOutcomes } from "./support/outcomes.mjs";
import { writePage } from "./support/page.mjs";
import { choice, table } from "./table.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const deadline = 4 * 60_000;  // a busy machine is slow, not broken

function complain(text) {
  console.error(`field: ${text}`);
  process.exit(1);
}

// The choice is of programs that the end-to-end tests bring.
function modulesFor(chosen) {
  const directory = chosen ? "../e2e" : ".";
  const modules = join(here, directory, "node_modules");
  if (!existsSync(join(modules, "pm2"))) complain(`${modules} is not there: npm ci --ignore-scripts in ${join(here, directory)}`);
  return modules;
}

function runCell({ starter, event }, modules) {
  const scratch = mkdtempSync(join(tmpdir(), "strayd-field-"));
  const [program, before] = inside(scratch, modules);
  const began = Date.now();
  return new Promise((done) => {
    const child = spawn(program, [...before, process.execPath, join(here, "cell.mjs"), starter, event]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    const timer = setTimeout(() => {
      output += `it did not end within ${deadline / 1000} s\n`;
      child.kill("SIGKILL");  // --kill-child takes the whole namespace along
    }, deadline);
    child.on("close", (status) => {
      clearTimeout(timer);
      rmSync(scratch, { recursive: true, force: true });
      done({ starter, event, holds: status === 0, output, seconds: (Date.now() - began) / 1000 });
    });
  });
}

const cellsOf = (starter) => Object.entries(table[starter])
  .filter(([, { expect }]) => expect !== "n/a").map(([event]) => ({ starter, event }));

function chosenCells([starter, event]) {
  if (starter === "--choice") return choice.map(([starter, event]) => ({ starter, event }));
  if (starter === undefined) return Object.keys(table).flatMap(cellsOf);
  if (!table[starter]) complain(`there is no starter "${starter}": ${Object.keys(table).join(", ")}`);
  if (event === undefined) return cellsOf(starter);
  if (!table[starter][event]) complain(`there is no event "${event}": ${Object.keys(table[starter]).join(", ")}`);
  if (table[starter][event].expect === "n/a") complain(`that can't be: ${table[starter][event].why}`);
  return [{ starter, event }];
}

async function main() {
  const words = process.argv.slice(2);
  if (process.getuid() !== 0) {
    const { status, error } = spawnSync("sudo", ["--preserve-env=STRAYD_BIN,FIELD_JOBS,PATH", process.execPath, ...process.argv.slice(1)], { stdio: "inherit" });
    if (error) complain("needs root, and there is no sudo");
    process.exit(status ?? 1);
  }
  const strayd = resolve(process.env.STRAYD_BIN || join(here, "../../build/dev/strayd"));
  if (!existsSync(strayd)) complain(`${strayd} is not there: build it, or set STRAYD_BIN`);
  process.env.STRAYD_BIN = strayd;
  const tools = join(here, "../../build/tools/usr/bin");
  process.env.PATH = `${process.env.PATH}:${tools}`;

  const cells = chosenCells(words);
  const modules = modulesFor(words[0] === "--choice");
  const results = [];
  const waiting = [...cells];
  const worker = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      const result = await runCell(cell, modules);
      results.push(result);
      console.log(`${result.holds ? "holds " : "FAILED"}  ${cell.starter}: ${cell.event}  ` +
        `(${table[cell.starter][cell.event].expect}; ${result.seconds.toFixed(1)} s)`);
      if (!result.holds) console.log(result.output.replace(/^/gm, "    | "));
    }
  };
  await Promise.all(Array.from({ length: Number(process.env.FIELD_JOBS || 4) }, worker));

  const failed = results.filter(({ holds }) => !holds);
  for (const { starter, event, output } of failed) {
    console.log(`failed: field: ${starter}: ${event}\n${output.split("\n").slice(0, 3).join("\n").replace(/^/gm, "        ")}`);
  }
  if (words[0] !== "--choice") {
    const outcomes = keepOutcomes(join(here, "../../build/field.json"), table, results);
    if (outcomes) writePage(join(here, "../../docs/field.md"), table, outcomes);
  }
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  process.exit(failed.length ? 1 : 0);
}

await main();
