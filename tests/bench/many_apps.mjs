#!/usr/bin/env node
// What a scan costs on a host with many apps: a real PM2 with APPS apps of four
// instances each, every one of them with a listening socket and a connection to
// a far end that the configuration names. Needs root, perl (its processes are
// small) and node_modules of tests/e2e.
//
//   node tests/bench/many_apps.mjs [APPS=200] [strayd=build/release/strayd]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { runInside } from "../e2e/support/inside.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const instances = 4;
const scans = 20;
const ticksPerSecond = 100;

// Listens on its port (the instances of an app share it) and talks to the
// exchange once a second.
const server = `
use Socket;
my ($port, $exchange) = @ARGV;
socket(my $listener, PF_INET, SOCK_STREAM, 0) or die;
setsockopt($listener, SOL_SOCKET, 15, pack("l", 1)) or die;  # SO_REUSEPORT
bind($listener, sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!";
listen($listener, 8) or die;
socket(my $link, PF_INET, SOCK_STREAM, 0) or die;
connect($link, sockaddr_in($exchange, INADDR_LOOPBACK)) or die "connect: $!";
while (1) { sleep 1; syswrite($link, "x"); }
`;

const pause = (time) => new Promise((done) => setTimeout(done, time));

const times = { own: 11, ofChildren: 13 };  // utime and cutime, of proc(5)'s fields from the third on

function cpuOf(pid, which = times.own) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[which]) + Number(fields[which + 1])) / ticksPerSecond;
}

// What `pm2 jlist` costs, itself and in the daemon.
async function jlist(pm2, calls = 5) {
  const cpu = () => cpuOf("self", times.ofChildren) + cpuOf(pm2.god().pid);
  const before = cpu();
  for (let i = 0; i < calls; i += 1) await pm2.cli(["jlist"]);
  return (cpu() - before) / calls;
}

async function exchange() {
  const open = new Set();
  const listener = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket)).on("data", (data) => socket.write(data));
  });
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  return { port: listener.address().port, open };
}

const metric = (page, name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1]);

async function measure(apps, strayd) {
  const { startPm2 } = await import("../e2e/support/pm2.mjs");
  const directory = process.env.SCRATCH;
  const pm2 = startPm2({ after() {} }, { directory, make: (name) => mkdtempSync(join(directory, `${name}-`)) });
  const far = await exchange();
  writeFileSync(join(directory, "server.pl"), server);
  writeFileSync(join(directory, "apps.json"), JSON.stringify({
    apps: Array.from({ length: apps }, (_, i) => ({
      name: `app-${i}`, script: join(directory, "server.pl"), interpreter: "perl", instances, exec_mode: "fork",
      args: `${20_000 + i} ${far.port}`, out_file: "/dev/null", error_file: "/dev/null",
    })),
  }));
  await pm2.cli(["start", join(directory, "apps.json")], { timeout: 600_000 });
  while (far.open.size < apps * instances) await pause(500);

  const listen = "127.0.0.1:19099";
  const config = join(directory, "strayd.json");
  writeFileSync(config, JSON.stringify({
    rules: [{ name: "server", pattern: "server\\.pl", exe: "perl" }],
    remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [far.port] }],
    scan: { interval: "1s" },
    limits: { kills_per_scan: 1000 },
    state: { dir: join(directory, "state") }, audit: { file: join(directory, "audit.jsonl") }, web: { listen },
  }));
  const agent = spawn(strayd, ["run", "--config", config], { stdio: ["ignore", "ignore", "inherit"] });
  const page = async () => (await fetch(`http://${listen}/metrics`)).text();
  let text = "";
  while (!(metric(text, "strayd_scans_total") >= 5)) {
    if (agent.exitCode !== null) process.exit(1);
    await pause(500);
    text = await page().catch(() => "");
  }
  const before = { text, cpu: cpuOf(agent.pid), god: cpuOf(pm2.god().pid) };
  // Few pages: what is measured are scans.
  await pause(scans * 1000);
  text = await page();
  const done = metric(text, "strayd_scans_total") - metric(before.text, "strayd_scans_total");
  const each = (name) => (metric(text, name) - metric(before.text, name)) / done;
  const ms = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;
  console.log(`${apps} apps x ${instances}, ${metric(text, "strayd_processes")} processes, ` +
    `${text.split("\n").filter((line) => line && !line.startsWith("#")).length} series, ${text.length} bytes a page`);
  console.log(`a scan: ${ms(each("strayd_scan_duration_seconds_sum"))} of wall time, ` +
    `${ms((cpuOf(agent.pid) - before.cpu) / done)} of the agent's CPU, ` +
    `${ms((cpuOf(pm2.god().pid) - before.god) / done)} of the God Daemon's`);
  const whole = (cpuOf(agent.pid) - before.cpu + cpuOf(pm2.god().pid) - before.god) / done;
  const list = await jlist(pm2);
  console.log(`pm2 jlist: ${ms(list)} with its daemon's; ${(list / whole).toFixed(1)} x a whole scan with the daemon's`);
  const listening = [...text.matchAll(/^strayd_backend_listeners\{.*owner="managed".*\} (\d+)$/gm)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  const established = [...text.matchAll(/^strayd_backend_connections\{.*owner="managed".*\} (\d+)$/gm)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  console.log(`seen: ${listening} listening sockets, ${established} connections`);
  agent.kill("SIGTERM");
  await new Promise((ended) => agent.on("close", ended));
  process.exit(listening === apps * instances && established === apps * instances ? 0 : 1);
}

if (process.env.SCRATCH) await measure(Number(process.argv[2]), process.argv[3]);
else {
  const strayd = resolve(process.argv[3] ?? join(here, "../../build/release/strayd"));
  process.exit(runInside(fileURLToPath(import.meta.url), [process.argv[2] ?? "200", strayd]));
}
