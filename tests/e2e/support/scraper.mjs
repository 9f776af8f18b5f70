// A real Prometheus that scrapes agents each second, and its HTTP API.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { freePort } from "./sandbox.mjs";
import { until } from "./wait.mjs";

const configuration = (targets) => JSON.stringify({  // which is YAML, too
  global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
  scrape_configs: [{ job_name: "strayd", static_configs: [{ targets }] }],
});

export async function startScraper(t, box, agents) {
  const directory = box.make("prometheus");
  const file = box.path("prometheus/prometheus.yml");
  writeFileSync(file, configuration(agents.map(({ settings }) => settings.config.web.listen)));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn("prometheus", [
    `--config.file=${file}`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=${address}`,
  ], { stdio: ["ignore", "ignore", "pipe"] });
  await once(child, "spawn");  // or there is no Prometheus here
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((done) => child.on("close", done));
  t.after(() => {
    child.kill("SIGKILL");
    return ended;
  });

  const scraper = {
    url: `http://${address}`,
    async api(path, parameters = {}) {
      const url = `${scraper.url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
      const answer = await (await fetch(url, { signal: AbortSignal.timeout(20_000) })).json();
      if (answer.status !== "success") throw new Error(`${answer.error}: ${parameters.query ?? path}`);
      return answer.data;
    },
    now: async (query) => (await scraper.api("query", { query })).result,
    async overTime(query, { start, end, step = 1 }) {
      return (await scraper.api("query_range", { query, start, end, step })).result;
    },
    labelValues: (label, selector) => scraper.api(`label/${label}/values`, { "match[]": selector }),
    // It has scraped what the agent says now.
    async hasSeen(agent) {
      const scans = await agent.metric("strayd_scans_total");
      const { listen } = agent.settings.config.web;
      await until("Prometheus scraped it", async () => {
        const [{ value } = {}] = await scraper.now(`strayd_scans_total{instance="${listen}"}`);
        return Number(value?.[1]) >= scans;
      });
    },
  };
  await until("Prometheus is ready", async () => {
    return child.exitCode !== null || (await fetch(`${scraper.url}/-/ready`)).ok;
  });
  if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}:\n${log}`);
  return scraper;
}
