#!/usr/bin/env node
// Whether the documents tell the truth about what can be typed:
//
//   STRAYD_BIN=build/dev/strayd node tests/docs/documents_hold.mjs
//
// Each call of strayd that they show is made: those that only look, for real, in
// namespaces of their own; of the others each option must be known. Each
// configuration that they show must be a good one. Manual pages and completions
// must have every option, and nothing that is not one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { callsOf, commands, configurations } from "./commands.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.STRAYD_BIN ?? join(root, "build/dev/strayd");
const scratch = mkdtempSync(join(tmpdir(), "strayd-docs-"));
after(() => rmSync(scratch, { recursive: true }));

const markdownBelow = (directory) => readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? markdownBelow(join(directory, entry.name))
    : entry.name.endsWith(".md") ? [join(directory, entry.name)] : []);
const documents = [
  ...["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map((name) => join(root, name)),
  ...["docs", "docker", "alerts"].flatMap((name) => markdownBelow(join(root, name))),
].filter((file) => !file.includes("node_modules"));
const textOf = (file) => readFileSync(file, "utf8");
const nameOf = (file) => relative(root, file);

// In a PID namespace there is nobody to judge but itself; /var/lib is empty, and
// nothing is installed.
function strayd(args) {
  const inside = 'mount -t tmpfs none /var/lib && { [ ! -d /etc/strayd ] || mount -t tmpfs none /etc/strayd; } && exec "$@"';
  const { status, stdout, stderr } = spawnSync("unshare", [
    "--map-root-user", "--pid", "--mount", "--fork", "--mount-proc", "sh", "-c", inside, "sh", program, ...args,
  ], { encoding: "utf8", timeout: 120_000, cwd: scratch });
  return { status, text: stdout + stderr };
}

const subcommands = ["run", "scan", "explain", "doctor", "check-config", "breaker"];
const help = new Map();
function helpOf(words) {
  const key = words.join(" ");
  if (!help.has(key)) help.set(key, strayd([...words, "--help"]).text);
  return help.get(key);
}
const optionsOf = (words) => [...helpOf(words).matchAll(/--[a-z][a-z.-]*/g)].map(([option]) => option);

// What a document leaves to its reader.
const config = join(scratch, "strayd.json");
writeFileSync(config, JSON.stringify({ state: { dir: join(scratch, "state") } }));
const users = join(scratch, "web.yml");
writeFileSync(users, "basic_auth_users:\n");
const filledIn = (word) => ({ PID: "1", FILE: config, "4711": "1", "/etc/strayd/strayd.json": config, "strayd.json": config })[word] ?? word;

// A call may be shown in part: `strayd scan --config …`.
const isWhole = (words) => words.every((word) => !/[…[\]<>]/.test(word));

function checkCall(words) {
  const known = words.filter((word) => word !== "…");
  const [subcommand] = known;
  if (subcommand?.startsWith("-") || subcommand === undefined) {
    for (const option of known) assert.ok(optionsOf([]).includes(option), `${option} is known`);
    return;
  }
  assert.ok(subcommands.includes(subcommand), `there is a command ${subcommand}`);
  const path = subcommand === "breaker" && known[1] && !known[1].startsWith("-") ? known.slice(0, 2) : [subcommand];
  for (const option of known.filter((word) => word.startsWith("--"))) {
    assert.ok(optionsOf(path).includes(option.split("=")[0]), `${path.join(" ")} knows ${option}`);
  }
  if (subcommand === "run" || !isWhole(words) || (subcommand === "breaker" && path.length < 2)) return;
  if (subcommand === "explain" && known.length < 2) return;
  if (subcommand === "check-config" && known.length < 2) return;
  const { status, text } = strayd(known.map(filledIn));
  // 2 is usage: the document is wrong. All else depends on what is there.
  assert.ok([0, 1, 3, 4].includes(status), `ends with ${status}: ${text}`);
}

for (const file of documents) {
  const calls = commands(textOf(file)).flatMap((command) => callsOf(command).map((words) => ({ command, words })));
  for (const command of new Set(calls.map(({ command }) => command))) {
    test(`${nameOf(file)}: ${command}`, () => {
      for (const { words } of calls.filter((call) => call.command === command)) checkCall(words);
    });
  }

  for (const [index, text] of configurations(textOf(file)).entries()) {
    test(`${nameOf(file)}: configuration ${index + 1} is good`, () => {
      const shown = join(scratch, "shown.json");
      // Users and files of the reader's host.
      writeFileSync(shown, text.replaceAll(/"user": "\w+"/g, '"user": "root"').replaceAll("/etc/strayd/web.yml", users));
      const { status, text: said } = strayd(["check-config", shown]);
      assert.equal(status, 0, said);
    });
  }

  test(`${nameOf(file)}: what it starts in the repository is there`, () => {
    const dev = textOf(join(root, "dev"));
    for (const command of commands(textOf(file))) {
      const asked = /^(?:sudo )?\.\/dev (\S+)/.exec(command)?.[1];
      if (asked) assert.match(dev, new RegExp(`^  ${asked}\\)`, "m"), command);
      for (const [, path] of command.matchAll(/(?:^|[ =])((?:packaging|docker|tests|alerts|dashboards)\/[\w./-]+)/g)) {
        assert.ok(existsSync(join(root, path)), `${path} in: ${command}`);
      }
      const preset = /--preset (\S+)/.exec(command)?.[1];
      if (preset) assert.ok(textOf(join(root, "CMakePresets.json")).includes(`"name": "${preset}"`), command);
    }
  });
}

const everyCommand = [[], ...subcommands.map((word) => [word]), ["breaker", "status"], ["breaker", "close"]];
const everyOption = new Set(everyCommand.flatMap(optionsOf));
const packaged = (name) => textOf(join(root, "packaging", name));

test("the manual page has every option, and no other", () => {
  const page = packaged("man/strayd.1").replaceAll("\\-", "-");
  const told = new Set([...page.matchAll(/--[a-z][a-z.-]*[a-z]/g)].map(([option]) => option));
  assert.deepEqual([...told].sort(), [...everyOption].sort());
});

for (const [name, pattern] of [
  ["completions/strayd.bash", /--[a-z][a-z.-]*[a-z]/g],
  ["completions/_strayd", /--[a-z][a-z.-]*[a-z](?=\[)/g],
  ["completions/strayd.fish", /(?<=^complete .*-l )[a-z][a-z.-]*[a-z]/gm],
]) {
  test(`${name} has every option, and no other`, () => {
    const told = new Set([...packaged(name).matchAll(pattern)].map(([option]) => `--${option.replace(/^--/, "")}`));
    assert.deepEqual([...told].sort(), [...everyOption].sort());
  });
}

test("the manual page of the configuration has every key", () => {
  const page = packaged("man/strayd.5").replaceAll("\\-", "-");
  const keys = new Set();
  const walk = (schema) => {
    for (const [key, value] of Object.entries(schema?.properties ?? {})) {
      if (key !== "$schema") keys.add(key);
      walk(value);
    }
    for (const inner of [schema?.items, ...Object.values(schema?.definitions ?? {})]) if (inner) walk(inner);
  };
  walk(JSON.parse(textOf(join(root, "src/config/schema.json"))));
  assert.ok(keys.size > 30, "all of the schema was walked");
  for (const key of keys) assert.match(page, new RegExp(`\\b${key}\\b`), key);
});

test("every reason of a verdict has its row, which leads to its code and its test", () => {
  const verdict = textOf(join(root, "src/core/verdict.cc"));
  const naming = verdict.slice(verdict.indexOf("to_string(Why"), verdict.indexOf("remedy(Why"));
  const words = [...naming.matchAll(/case Why::(\w+):\s+return "(\w+)"/g)].map(([, name, word]) => ({ name, word }));
  assert.ok(words.length > 40, "all of them were read");
  const rows = [...textOf(join(root, "docs/verdicts.md")).matchAll(
    /^\| `(\w+)` \|.*\(\.\.\/(src\S+)\) \| \[`(\w+)\.(\w+)`\]\(\.\.\/(tests\S+)\) \|$/gm)];
  assert.deepEqual(rows.map(([, word]) => word), words.map(({ word }) => word), "one row for each, in their order");
  for (const [index, [, word, source, suite, test, file]] of rows.entries()) {
    const told = new RegExp(`\\bWhy::${words[index].name}\\b`);
    assert.match(textOf(join(root, source)), told, `${word} is decided in ${source}`);
    const body = new RegExp(`^TEST(?:_F)?\\(${suite}, ${test}\\) \\{$(.*?)^\\}$`, "ms").exec(textOf(join(root, file)));
    assert.ok(body, `${file} has ${suite}.${test}`);
    assert.match(body[1], told, `${suite}.${test} is about ${word}`);
  }
});

test("package, changelog and image are of one version", () => {
  const version = /^project\(strayd VERSION (\S+)/m.exec(textOf(join(root, "CMakeLists.txt")))[1];
  assert.match(packaged("deb/changelog"), new RegExp(`^strayd \\(${version}\\)`));
  assert.match(textOf(join(root, "docker/Dockerfile")), new RegExp(`^ARG VERSION=${version}$`, "m"));
  assert.match(textOf(join(root, "docker/kubernetes/daemonset.yaml")), new RegExp(`image: strayd:${version}`));
});
