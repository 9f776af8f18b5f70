// A real Prometheus, its HTTP API, and one that scrapes agents each second.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "./program.mjs";
import { freePort } from "./sandbox.mjs";
import { until } from "./wait.mjs";

const configuration = (targets) => ({
  global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
  scrape_configs: [{ job_name: "strayd", static_configs: [{ targets }] }],
});

export async function serve(t, directory, config) {
  const file = join(directory, "prometheus.yml");
  writeFileSync(file, JSON.stringify(config));  // which is YAML, too
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  await startProgram(t, [
    "prometheus", `--config.file=${file}`, `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=${address}`,
  ], url);
  const api = async (path, parameters = {}) => {
    const asked = `${url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const answer = await (await fetch(asked, { signal: AbortSignal.timeout(20_000) })).json();
    if (answer.status !== "success") throw new Error(`${answer.error}: ${parameters.query ?? path}`);
    return answer.data;
  };
  return { url, api, now: async (query) => (await api("query", { query })).result };
}

export async function startScraper(t, box, agents) {
  const targets = agents.map(({ settings }) => settings.config.web.listen);
  const prometheus = await serve(t, box.make("prometheus"), configuration(targets));
  return {
    ...prometheus,
    async overTime(query, { start, end, step = 1 }) {
      return (await prometheus.api("query_range", { query, start, end, step })).result;
    },
    labelValues: (label, selector) => prometheus.api(`label/${label}/values`, { "match[]": selector }),
    // It has scraped what the agent says now.
    async hasSeen(agent) {
      const scans = await agent.metric("strayd_scans_total");
      const { listen } = agent.settings.config.web;
      await until("Prometheus scraped it", async () => {
        const [{ value } = {}] = await prometheus.now(`strayd_scans_total{instance="${listen}"}`);
        return Number(value?.[1]) >= scans;
      });
    },
  };
}
