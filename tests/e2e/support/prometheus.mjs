// The real Prometheus and Alertmanager with the shipped rules, scrape and routes,
// sixty times as fast, and somebody who receives the messages.
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import yaml from "js-yaml";
import { quickerRoute, quickerRules } from "../../alerts/quicken.mjs";
import { startProgram } from "./program.mjs";
import { freePort } from "./sandbox.mjs";
import { serve } from "./scraper.mjs";
import { until } from "./wait.mjs";

export const faster = 60;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const shipped = (path) => readFileSync(join(root, path), "utf8");

// Debian's Alertmanager reads its templates from one fixed place, and here it may be
// unpacked in another: it gets a /usr/share of its own, which nobody else sees.
const templates = "/usr/share/prometheus/alertmanager";
const besides = `set -e
there=$(dirname "$(command -v "$1")")/../share/prometheus/alertmanager
there=$(realpath "$there")
mount -t tmpfs strayd-e2e /usr/share
mkdir -p /usr/share/prometheus
ln -s "$there" ${templates}
exec "$@"`;
const withTemplates = (command) => existsSync(templates) ? command :
  ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", besides, "sh", ...command];

// Where every message of Alertmanager's goes: { receiver, status, alerts }.
export async function startReceiver(t) {
  const messages = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    messages.push(JSON.parse(body));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const alerts = () => messages.flatMap(({ receiver, alerts }) => alerts.map((alert) => ({ ...alert, receiver })));
  const fits = (alert, labels) => Object.entries(labels).every(([name, value]) => alert.labels[name] === value);
  return {
    messages,
    url: `http://127.0.0.1:${server.address().port}/`,
    // The newest word on an alert, if it was as wanted.
    last: (labels) => alerts().filter((alert) => fits(alert, labels)).at(-1),
    async hears(status, labels, options = {}) {
      return until(`the receiver hears "${status}" of ${JSON.stringify(labels)}`, () =>
        alerts().find((alert) => alert.status === status && fits(alert, labels)), options);
    },
  };
}

export async function startAlertmanager(t, box, receiver) {
  const config = yaml.load(shipped("alerts/alertmanager.example.yml"));
  config.route = quickerRoute(config.route, faster);
  for (const one of config.receivers) one.webhook_configs = [{ url: receiver.url }];
  const directory = box.make("alertmanager");
  writeFileSync(join(directory, "alertmanager.yml"), yaml.dump(config));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  await startProgram(t, withTemplates([
    "prometheus-alertmanager", `--config.file=${join(directory, "alertmanager.yml")}`,
    `--storage.path=${directory}`, `--web.listen-address=${address}`, "--cluster.listen-address=",
  ]), url);
  return {
    address,
    alerts: async () => (await fetch(`${url}/api/v2/alerts`)).json(),
    // In the place of a Prometheus: the labels of alerts that fire now.
    async tell(alerts) {
      const body = JSON.stringify(alerts.map((labels) => ({ labels, annotations: {} })));
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/api/v2/alerts`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(`Alertmanager: ${response.status} ${await response.text()}`);
    },
  };
}

// targets: { job: [address] }, as the shipped file_sd_configs would read them.
export async function startPrometheus(t, box, alertmanager, targets) {
  const directory = box.make("prometheus");
  mkdirSync(join(directory, "targets"), { recursive: true });
  for (const name of readdirSync(join(root, "alerts")).filter((file) => file.endsWith(".rules.yml"))) {
    writeFileSync(join(directory, name), quickerRules(shipped(`alerts/${name}`), faster));
  }
  for (const [job, addresses] of Object.entries(targets)) {
    writeFileSync(join(directory, `targets/${job}.yml`), yaml.dump([{ targets: addresses }]));
  }
  const config = yaml.load(shipped("docker/prometheus/prometheus.yml"));
  config.global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
  config.rule_files = [join(directory, "*.rules.yml")];
  config.alerting.alertmanagers[0].static_configs = [{ targets: [alertmanager.address] }];
  const prometheus = await serve(t, directory, config);
  return {
    ...prometheus,
    rules: async () => (await prometheus.api("rules")).groups.flatMap(({ rules }) => rules),
    async scrapes(job) {
      await until(`Prometheus scrapes ${job}`, async () => (await prometheus.now(`up{job="${job}"} == 1`)).length > 0);
    },
  };
}
