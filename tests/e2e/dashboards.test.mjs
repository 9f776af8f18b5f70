// Every query of every dashboard, asked of a real Prometheus that scraped a
// strayd at work: a panel that shows nothing here shows nothing anywhere.
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { annotationsOf, committed, panelsOf, variablesOf } from "../dashboards/files.mjs";
import { gone, npmRun, startManaged, startStray } from "./support/backends.mjs";
import { startExchange } from "./support/exchange.mjs";
import { all, columnsOf, fill, holes, labelsIn, legendOf, parsed } from "./support/grafana.mjs";
import { startPm2 } from "./support/pm2.mjs";
import { freePort, sandbox } from "./support/sandbox.mjs";
import { startScraper } from "./support/scraper.mjs";
import { configure, plainServer, startStrayd, tsxServer } from "./support/strayd.mjs";
import { until } from "./support/wait.mjs";

const watched = "tradebaas-backend";
// The one whose page is looked at.
const crashed = "plain";

const idle = { name: "idle", pattern: "moody\\.mjs", exe: "node", grace: "1s" };
const shown = { ...plainServer, reap: "none" };

// A day of an operator in half a minute: a deploy, a reload behind PM2's back, an
// orphan that is ended, one that stays and talks to the exchange, a failure
// of the app that the ended one was connected to, a kill by another, and a port in
// other hands.
async function scene(t) {
  const box = sandbox();
  const exchange = await startExchange(t);
  const pm2 = startPm2(t, box);
  await npmRun(box, pm2, exchange, "dev");
  const { port } = await startManaged(pm2, exchange, crashed, ["server.mjs", "--name", crashed], { cwd: box.app("plain") });
  const agent = await startStrayd(t, await configure(box, {
    rules: [tsxServer, shown, idle],
    remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [exchange.port] }],
  }));
  await until("both backends are up", async () => (await agent.metric("strayd_backend_up")) === 2);
  const scraper = await startScraper(t, box, [agent]);
  await scraper.hasSeen(agent);
  return { box, exchange, pm2, agent, scraper, port };
}

// While the app is stopped somebody else takes its port.
async function takePort({ pm2, agent, scraper, port }) {
  await pm2.cli(["stop", crashed]);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  await until("the foreign listener is seen", async () =>
    (await agent.metric("strayd_backend_listeners", { app: crashed, owner: "foreign" })) === 1);
  await scraper.hasSeen(agent);
  server.close();
  await pm2.cli(["start", crashed]);
}

async function live(stage) {
  const { box, exchange, pm2, agent, port } = stage;
  const counted = (metric, labels) => async () => (await agent.metric(metric, labels)) > 0;
  startStray(["node", "server.mjs"], {
    cwd: box.app("plain"), env: { PORT: String(await freePort()), EXCHANGE_URL: exchange.url("stray") },
  });
  appendFileSync(join(box.app(watched), "src/server.ts"), "// touched\n");
  await until("the reload is seen", counted("strayd_backend_restarts_total", { app: watched }));
  await pm2.cli(["restart", "all"]);
  await until("the deploy is counted", counted("strayd_pm2_app_restarts_total", { app: watched, cause: "operator" }));
  await until("it serves again", async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  const stray = startStray(["node", "moody.mjs"], { cwd: box.app("plain"), env: { PORT: String(await freePort()), PEER_PORT: String(port) } });
  await gone(stray);
  await until("the kill is counted", counted("strayd_orphans_killed_total", { rule: "idle" }));
  await until("the other orphan is left", counted("strayd_kills_withheld_total", { reason: "rule_forbids" }));
  await until("its connection is seen", counted("strayd_backend_connections", { owner: "orphan" }));
  await pm2.online(crashed);
  process.kill(await pm2.pid(crashed), "SIGUSR2");
  await until("the failure is counted", counted("strayd_pm2_app_restarts_total", { app: crashed, cause: "exit_code" }));
  await until("the harm is counted", counted("strayd_kills_harmful_total"));
  process.kill(await pm2.pid(crashed), "SIGKILL");
  await until("the crash is counted", counted("strayd_pm2_app_restarts_total", { app: crashed, cause: "signal" }));
  await takePort(stage);
  await until("both are up again", async () => (await agent.metric("strayd_backend_up")) === 2);
  await until("its link is seen again", counted("strayd_backend_connection_age_seconds", { app: crashed, owner: "managed" }));
}

// Chooses a value for each variable, as a person would, from what is offered.
async function choose(scraper, variables, wanted) {
  const chosen = { datasource: "prometheus" };
  for (const variable of variables.filter(({ type }) => type === "query")) {
    const { selector, label } = parsed(fill(variable.query, variables, chosen));
    const offered = await scraper.labelValues(label, selector);
    assert.ok(offered.length > 0, `the variable ${variable.name} offers something`);
    chosen[variable.name] = variable.multi && wanted === all ? all : offered.find((one) => one === crashed) ?? offered[0];
  }
  return chosen;
}

function namesIn(series, format, where) {
  const broken = series.flatMap((one) => holes(one, format));
  return broken.length > 0 ? [`${where}: the legend "${format}" has no ${[...new Set(broken)]}`] : [];
}

// A column, a colour or a link for something that is never there.
function lost(panel, results) {
  const names = new Set(results.flatMap((series, index) =>
    series.map((one) => legendOf(one, panel.targets[index].legendFormat))));
  const columns = panel.type === "table" ? columnsOf(results) : new Set();
  const rename = panel.transformations?.find(({ id }) => id === "organize")?.options.renameByName ?? {};
  for (const [field, column] of Object.entries(rename)) if (columns.has(field)) names.add(column);
  columns.forEach((column) => names.add(column));
  const overrides = panel.fieldConfig.overrides;
  const links = [...panel.fieldConfig.defaults.links ?? [], ...overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "links").flatMap(({ value }) => value))];
  const labels = new Set(results.flatMap((series) => series.flatMap(({ metric }) => Object.keys(metric))));
  const isThere = ({ id, options }) => id === "byName" ? names.has(options)
    : [...names].some((one) => new RegExp(options.slice(1, -1)).test(one));
  return [
    ...overrides.filter(({ matcher }) => !isThere(matcher)).map(({ matcher }) => matcher.options),
    ...Object.keys(rename).filter((field) => !columns.has(field)),
    ...links.flatMap(({ url }) => labelsIn(url)).filter((label) => !labels.has(label)),
  ].map((what) => `panel ${panel.title}: there is no "${what}"`);
}

const empty = (where, series) => (series.length === 0 ? [`${where}: no data`] : []);

async function problemsOf(scraper, dashboard, chosen, during) {
  const variables = variablesOf(dashboard);
  const ask = ({ expr, instant }) => {
    const query = fill(expr, variables, chosen);
    return instant ? scraper.now(query) : scraper.overTime(query, during);
  };
  const problems = [];
  for (const panel of panelsOf(dashboard)) {
    const results = [];
    for (const target of panel.targets) {
      const series = await ask(target);
      results.push(series);
      const where = `panel ${panel.title} ${target.refId}`;
      problems.push(...empty(where, series), ...namesIn(series, target.legendFormat, where));
    }
    problems.push(...lost(panel, results));
  }
  for (const { name: title, target, titleFormat, textFormat } of annotationsOf(dashboard)) {
    const where = `annotation ${title}`;
    const series = await ask(target);
    problems.push(...empty(where, series), ...namesIn(series, `${titleFormat} ${textFormat}`, where));
  }
  return problems;
}

test("every panel, mark and variable of every dashboard has data of a strayd at work", async (t) => {
  const start = Date.now() / 1000;
  const stage = await scene(t);
  await live(stage);
  await stage.scraper.hasSeen(stage.agent);
  // Whole steps back from the end, so that the newest scrape is at a step.
  const end = Date.now() / 1000;
  const during = { start: end - Math.ceil(end - start), end };
  const dashboards = committed();
  assert.ok(dashboards.length > 0);
  for (const { name: file, dashboard } of dashboards) {
    for (const [what, wanted] of [["all that there is", all], ["one host and one app", "one"]]) {
      await t.test(`${file}, ${what} chosen`, async () => {
        const chosen = await choose(stage.scraper, variablesOf(dashboard), wanted);
        assert.deepEqual(await problemsOf(stage.scraper, dashboard, chosen, during), []);
      });
    }
  }
});
