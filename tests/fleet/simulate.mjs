// How long do the rules and the dashboards take over a fleet?
//
//   node tests/fleet/simulate.mjs [HOSTS [APPS [MINUTES [HOURS]]]]     (300 6 6 6)
//
// A real Prometheus scrapes HOSTS targets with APPS apps each for MINUTES, as the
// shipped configuration says, with the shipped rules. One small server gives the pages
// of all hosts (pages.mjs); HOURS of restarts are there from the start, one sample a
// minute, so that the long windows have something to read. All of it is on the
// loopback and in a directory that vanishes. Prints a table for docs/fleet.md.
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {withoutVariables} from '../alerts/promql.mjs';
import {yaml} from '../alerts/packages.mjs';
import {dashboardQueries, root, rules} from '../alerts/sources.mjs';
import {fleetOf} from './pages.mjs';

const [hosts, apps, minutes, hours] = [300, 6, 6, 6]
    .map((usual, i) => Number(process.argv[2 + i] ?? usual));
const mostHosts = 1000;
const now = () => Math.floor(Date.now() / 1000);
const began = now() - hours * 3600;

const labelsOf = (host) => ({
  instance: `host-${host}:9586`, host: `host-${host}`, env: 'production', region: host % 2 ? 'eu' : 'us',
});

async function serve(fleet) {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(fleet.text(Number(request.url.slice(1)), now() - began));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function writeHistory(fleet, directory) {
  const file = join(directory, 'history.txt');
  const out = createWriteStream(file);
  out.write('# TYPE strayd_pm2_app_restarts counter\n');
  for (let host = 0; host < hosts; ++host) {
    const target = Object.entries({job: 'strayd', ...labelsOf(host)}).map(([key, value]) => `${key}="${value}"`);
    for (const {labels, value} of fleet.restarts) {
      let text = '';
      for (let at = began; at < now() - 60; at += 60) {
        text += `strayd_pm2_app_restarts_total{${target},${labels}} ${value(host, at - began)} ${at}\n`;
      }
      if (!out.write(text)) await once(out, 'drain');
    }
  }
  out.end('# EOF\n');
  await once(out, 'close');
  const {status, stderr} = spawnSync('promtool',
      ['tsdb', 'create-blocks-from', 'openmetrics', file, join(directory, 'data')], {encoding: 'utf8'});
  rmSync(file);
  if (status !== 0) throw new Error(`promtool: ${stderr}`);
}

function writeConfig(directory, port) {
  const config = yaml.load(readFileSync(join(root, 'docker/prometheus/prometheus.yml'), 'utf8'));
  config.rule_files = [join(root, 'alerts/*.rules.yml')];
  config.alerting = undefined;
  mkdirSync(join(directory, 'targets'));
  writeFileSync(join(directory, 'prometheus.yml'), yaml.dump(config, {skipInvalid: true}));
  writeFileSync(join(directory, 'targets/strayd.yml'), yaml.dump(Array.from({length: hosts}, (_, host) => ({
    targets: [`127.0.0.1:${port}`],
    labels: {__metrics_path__: `/${host}`, ...labelsOf(host)},
  }))));
}

async function startPrometheus(directory) {
  const port = 20_000 + (process.pid % 10_000);
  const child = spawn('prometheus', [
    `--config.file=${join(directory, 'prometheus.yml')}`, `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn',
  ], {stdio: ['ignore', 'inherit', 'inherit']});
  const url = `http://127.0.0.1:${port}`;
  while (!await fetch(`${url}/-/ready`).then(({ok}) => ok, () => false)) {
    if (child.exitCode !== null) throw new Error('Prometheus did not start');
    await pause(200);
  }
  return {
    child,
    get: async (path) => (await (await fetch(`${url}/api/v1/${path}`)).json()),
    text: async () => (await fetch(`${url}/metrics`)).text(),
  };
}

const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;
const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];

// Looks on for so long: how long each evaluation of each group took. Where the machine
// has other work the least is nearest to what the evaluation itself needs.
async function watchRules(prometheus, until) {
  const seen = new Map();
  while (Date.now() < until) {
    await pause(5000);
    for (const {name, interval, evaluationTime, lastEvaluation} of (await prometheus.get('rules')).data.groups) {
      if (!seen.has(name)) seen.set(name, {interval, times: new Map()});
      seen.get(name).times.set(lastEvaluation, evaluationTime);
    }
  }
  return seen;
}

async function showRules(prometheus, seen) {
  console.log('\n| group | every | at least | median |\n|---|---|---|---|');
  for (const [name, {interval, times}] of seen) {
    const all = [...times.values()];
    console.log(`| \`${name}\` | ${interval} s | ${ms(Math.min(...all))} | ${ms(median(all))} |`);
  }
  const all = (await prometheus.get('rules')).data.groups.flatMap(({rules: of}) => of);
  for (const {name, lastError} of all.filter(({health}) => health === 'err')) console.log(`\nFAILED: ${name}: ${lastError}`);
  const firing = all.filter(({alerts = []}) => alerts.length > 0);
  console.log('\nAlerts: ' + firing.map(({name, alerts}) => `${name} ${alerts.length}`).join(', '));
}

// A variable means everything, as after "All" was chosen.
const forAll = (expr) => withoutVariables(
    expr.replace(/=\s*"\$\{?\w+(:\w+)?\}?"/g, '=~".*"').replace(/~\s*"\$\{?\w+(:\w+)?\}?"/g, '~".*"'));

async function timeOf(prometheus, expr, range) {
  const started = process.hrtime.bigint();
  const query = encodeURIComponent(expr);
  const answer = await prometheus.get(range ?
    `query_range?query=${query}&start=${began}&end=${now()}&step=60` : `query?query=${query}`);
  if (answer.status !== 'success') console.log(`FAILED: ${expr}: ${answer.error}`);
  return Number(process.hrtime.bigint() - started) / 1e9;
}

async function showQueries(prometheus) {
  const recorded = rules().filter(({record}) => record).map(({record}) => ({where: record, expr: record}));
  const all = [...recorded, ...dashboardQueries().filter(({where}) => where.includes('panel'))];
  const times = [];
  for (const {where, expr, instant} of all) {
    const [moment, range] = [await timeOf(prometheus, forAll(expr), false),
      instant ? undefined : await timeOf(prometheus, forAll(expr), true)];
    times.push({where, moment, range});
  }
  times.sort((a, b) => Math.max(b.moment, b.range ?? 0) - Math.max(a.moment, a.range ?? 0));
  console.log(`\n${times.length} queries; the slowest, as they are now and over ${hours} hours in steps of a minute:\n`);
  console.log('| query | now | range |\n|---|---|---|');
  for (const {where, moment, range} of times.slice(0, 10)) {
    console.log(`| ${where} | ${ms(moment)} | ${range === undefined ? '' : ms(range)} |`);
  }
}

async function showCost(prometheus, seconds) {
  const text = await prometheus.text();
  const of = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  console.log(`Prometheus: ${of('prometheus_tsdb_head_series')} series, ` +
    `${(of('process_resident_memory_bytes') / 2 ** 20).toFixed(0)} MiB, ` +
    `${(of('process_cpu_seconds_total') / seconds * 100).toFixed(0)} % of a core over ${seconds.toFixed(0)} s`);
}

async function main() {
  if (!(hosts <= mostHosts)) throw new Error(`at most ${mostHosts} hosts`);
  const fleet = fleetOf(apps);
  const directory = mkdtempSync(join(tmpdir(), 'strayd-fleet-'));
  const server = await serve(fleet);
  let prometheus;
  try {
    writeConfig(directory, server.address().port);
    if (hours > 0) await writeHistory(fleet, directory);
    prometheus = await startPrometheus(directory);
    console.log(`${hosts} hosts with ${fleet.apps} apps, ${fleet.series} series each; ${minutes} minutes`);
    const started = Date.now();
    await pause(minutes * 20_000);  // by then all hosts are there
    const seen = await watchRules(prometheus, started + minutes * 60_000);
    await showCost(prometheus, (Date.now() - started) / 1000);
    await showRules(prometheus, seen);
    await showQueries(prometheus);
  } finally {
    prometheus?.child.kill();
    server.close();
    server.closeAllConnections();
    if (prometheus) await once(prometheus.child, 'close');
    rmSync(directory, {recursive: true, force: true});
  }
}

await main();
