// Inside the namespaces: the exchange, two hosts, Prometheus and the incident.
//
//   stage.mjs DIRECTORY     for what Prometheus saw, and scene.json
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startExchange } from "../e2e/support/exchange.mjs";
import { until } from "../e2e/support/wait.mjs";

const [directory] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const scratch = process.env.SCRATCH;
const t = { after() {} };  // the namespace ends it all

// Minutes of an operator are seconds here: five minutes are fifteen.
const faster = 20;
const minute = 60 / faster;
const ends = 140;

// [minute, host, part]
const incident = [
  [10, "trading-1", "deploy"], [12, "trading-2", "deploy"],
  ...Array.from({ length: 10 }, (_, index) => [30 + 5 * index, "trading-1", "cleanup"]),
  [50, "trading-1", "orphan"], [60, "trading-2", "touch"], [66, "trading-2", "touch"], [72, "trading-2", "touch"],
  [85, "trading-1", "deploy"], [85, "trading-2", "silence"], [93, "trading-2", "speak"],
  [100, "trading-1", "leftover"], [105, "trading-2", "plainOrphan"], [125, "trading-2", "break"],
].sort(([one], [other]) => one - other);

async function startHost(name, exchange, listen) {
  const own = join(scratch, name);
  mkdirSync(own);
  const child = spawn("unshare", [
    "--pid", "--fork", "--kill-child", "--mount", "--propagation", "unchanged",
    here("../e2e/inside.sh"), own, here("../e2e/node_modules"),
    process.execPath, here("host.mjs"), name, String(exchange.port), listen,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  await until(`${name} is ready`, () => said.includes("ready"), { within: 120_000 });
  return { name, listen, play: (part) => child.stdin.write(`${part}\n`) };
}

async function startPrometheus(hosts) {
  const file = join(scratch, "prometheus.yml");
  const global = { scrape_interval: "1s", scrape_timeout: "900ms" };
  const targets = hosts.map(({ name, listen }) => ({ targets: [listen], labels: { instance: name } }));
  writeFileSync(file, JSON.stringify({ global, scrape_configs: [{ job_name: "strayd", static_configs: targets }] }));
  writeFileSync(join(directory, "nothing.yml"), JSON.stringify({ global }));
  const address = "127.0.0.1:9090";
  const child = spawn("prometheus", [
    `--config.file=${file}`, `--storage.tsdb.path=${join(directory, "tsdb")}`, `--web.listen-address=${address}`,
  ], { stdio: "ignore" });
  const ended = once(child, "exit");
  await until("Prometheus is ready", async () => (await fetch(`http://${address}/-/ready`)).ok);
  return async () => {
    child.kill("SIGTERM");
    await ended;
  };
}

const exchange = await startExchange(t);
const hosts = [await startHost("trading-1", exchange, "127.0.0.1:9586"), await startHost("trading-2", exchange, "127.0.0.1:9587")];
const endPrometheus = await startPrometheus(hosts);
const start = Date.now() / 1000;
// A far end that answers; one falls silent near the end.
setInterval(() => {
  const late = Date.now() / 1000 - start > (ends - 45) * minute;
  for (const one of exchange.all()) if (one.open && !(late && one.who === "trading-2-worker")) one.socket.ping();
}, 1000);

for (const [at, host, part] of incident) {
  await pause(Math.max(0, (start + at * minute) * 1000 - Date.now()));
  console.log(`${at} min: ${host}: ${part}`);
  hosts.find(({ name }) => name === host).play(part);
}
await pause(Math.max(0, (start + ends * minute) * 1000 - Date.now()));

await endPrometheus();
const everything = { job: ".+", instance: ".+", pm2_home: ".+", app: "tradebaas-backend" };
const chosen = { overview: everything, app: { ...everything, instance: "trading-1" } };
const scene = { start: Math.floor(start), end: Math.floor(start + ends * minute), faster, chosen };
writeFileSync(join(directory, "scene.json"), JSON.stringify(scene));
process.exit(0);
