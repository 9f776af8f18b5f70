#!/usr/bin/env node
// What it costs to know the connections of a managed app that has many of them,
// beside `ss -tain`: a real PM2 with one app and a far end that the
// configuration names. Needs root and node_modules of tests/e2e.
//
//   node tests/bench/sockets.mjs [CONNECTIONS=5000] [strayd=build/release/strayd]
//
// Both ends of each connection are on this host: twice as many sockets.
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { runInside } from "../e2e/support/inside.mjs";
import { Agent } from "./lib/agent.mjs";
import { costOf, eventually, median } from "./lib/cost.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 10;

const server = `
import { connect } from "node:net";
const [exchange, count] = process.argv.slice(2).map(Number);
for (let i = 0; i < count; i += 1) {
  await new Promise((done) => connect(exchange, "127.0.0.1", done).on("error", () => process.exit(1)));
}
`;

async function exchange() {
  const open = new Set();
  const listener = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket)).resume();
  });
  await new Promise((done) => listener.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, done));
  return { port: listener.address().port, open };
}

// An app that holds so many, for as long as it is measured.
async function scanned({ pm2, far, directory, tools, connections }) {
  await pm2.cli(["start", join(directory, "server.mjs"), "--name", "server", "--", String(far.port), String(connections)]);
  await eventually(() => far.open.size === connections);
  const agent = await Agent.start(tools, directory, { interval: "250ms" }, {
    rules: [{ name: "server", pattern: "server\\.mjs", exe: "node" }],
    remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [far.port] }],
  });
  await eventually(async () => await agent.sum("strayd_backend_connections") === connections);
  const samples = { agent: [], ss: [] };
  for (let i = 0; i < rounds; i += 1) {
    samples.agent.push(await agent.cpuPerScan(2));
    samples.ss.push(costOf(tools, ["ss", "-tain"]).cpu_ms);
  }
  await agent.stop();
  await pm2.cli(["delete", "server"]);
  await eventually(() => far.open.size === 0);
  return { agent: median(samples.agent), ss: median(samples.ss) };
}

async function measure(connections, strayd) {
  const { startPm2 } = await import("../e2e/support/pm2.mjs");
  const directory = process.env.SCRATCH;
  writeFileSync(join(directory, "server.mjs"), server);
  const host = {
    pm2: startPm2({ after() {} }, { directory, make: (name) => mkdtempSync(join(directory, `${name}-`)) }),
    tools: { strayd, cost: join(dirname(strayd), "tests/bench/bench_cost") },
    far: await exchange(),
    directory,
  };
  const few = await scanned({ ...host, connections: 1 });
  const many = await scanned({ ...host, connections });
  const more = many.agent - few.agent;
  console.log(`${connections} connections of one app, ${2 * connections} sockets; ${rounds} rounds`);
  console.log(`a scan: ${many.agent.toFixed(1)} ms of CPU, ${few.agent.toFixed(1)} with one connection: ${more.toFixed(1)} for the rest`);
  console.log(`ss -tain: ${many.ss.toFixed(1)} ms; ${(many.ss / more).toFixed(1)} x what the scan pays for them`);
  process.exit();
}

if (process.env.SCRATCH) await measure(Number(process.argv[2]), process.argv[3]);
else {
  const strayd = resolve(process.argv[3] ?? join(here, "../../build/release/strayd"));
  process.exit(runInside(fileURLToPath(import.meta.url), [process.argv[2] ?? "5000", strayd]));
}
