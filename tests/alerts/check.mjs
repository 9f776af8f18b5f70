// Are the alerts as they should be? Asks promtool and amtool, and looks for what
// they do not: series that do not exist, alerts without words, runbook or tests.
//
//   node check.mjs
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {makeCatalogue} from './catalogue.mjs';
import {objections} from './guard.mjs';
import {yaml} from './packages.mjs';
import {dashboardQueries, filesOf, root, ruleFiles, ruleQueries, rules, runbookQueries} from './sources.mjs';
import {objectionsToAlerts} from './tidy.mjs';

const alertmanager = join(root, 'alerts/alertmanager.example.yml');

function* tool(program, ...args) {
  const {status, error, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8'});
  if (error) yield `${program}: ${error.message}`;
  else if (status !== 0) yield `${program} ${args.slice(0, 2).join(' ')}:\n${stdout}${stderr}`;
}

function* prometheusAgrees() {
  yield* tool('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', ...ruleFiles());
  yield* tool('promtool', 'test', 'rules', ...filesOf('tests/alerts', '.test.yml'));
  for (const file of filesOf('docker/prometheus', '.yml')) yield* tool('promtool', 'check', 'config', file);
}

// Given to a Prometheus, which reads targets files when it checks a configuration; and
// docs/fleet.md shows the same.
function* targetsAgree() {
  const file = join(root, 'docker/prometheus/targets/fleet.example.yml');
  const config = join(mkdtempSync(join(tmpdir(), 'strayd-alerts-')), 'prometheus.yml');
  writeFileSync(config, yaml.dump({scrape_configs: [{job_name: 'strayd', file_sd_configs: [{files: [file]}]}]}));
  yield* tool('promtool', 'check', 'config', config);
  rmSync(dirname(config), {recursive: true});
  const entries = readFileSync(file, 'utf8').replace(/^#.*\n/gm, '');
  if (!readFileSync(join(root, 'docs/fleet.md'), 'utf8').includes(entries)) {
    yield 'docs/fleet.md: the targets file that it shows is not fleet.example.yml';
  }
}

// The examples of receivers are comments; they must be good all the same.
const uncommented = (text) => text.replace(/^( {4,})# (.*)$/gm, '$1$2');

function* alertmanagerAgrees() {
  yield* tool('amtool', 'check-config', alertmanager);
  const directory = mkdtempSync(join(tmpdir(), 'strayd-alerts-'));
  const whole = join(directory, 'alertmanager.yml');
  const text = readFileSync(alertmanager, 'utf8');
  const at = text.indexOf('receivers:');
  writeFileSync(whole, text.slice(0, at) + uncommented(text.slice(at)));
  yield* tool('amtool', 'check-config', whole);
  rmSync(directory, {recursive: true});
}

function* routesLeadTo() {
  for (const [severity, receiver] of [['critical', 'page'], ['warning', 'chat'], ['info', 'mail']]) {
    yield* tool('amtool', 'config', 'routes', 'test', `--config.file=${alertmanager}`,
        `--verify.receivers=${receiver}`, `severity=${severity}`);
  }
}

// Series that the code can print and that are not on the golden page would be
// unknown here.
function* pageIsWhole(catalogue) {
  for (const file of filesOf('src/report', '.cc')) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/"((?:strayd|process)_[a-z0-9_]+)"/g)) {
      if (catalogue.has(name) || catalogue.has(`${name}_count`)) continue;
      yield `${relative(root, file)}: ${name} is not on the golden page`;
    }
  }
}

function* queriesAgree() {
  const all = rules();
  const catalogue = makeCatalogue(all.filter(({record}) => record));
  yield* pageIsWhole(catalogue);
  yield* objections([...ruleQueries(all), ...runbookQueries(), ...dashboardQueries()], catalogue);
}

const failures = [prometheusAgrees, targetsAgree, alertmanagerAgrees, routesLeadTo, queriesAgree, objectionsToAlerts]
    .flatMap((check) => [...check()]);
for (const failure of failures) console.error(failure);
console.log(`${rules().length} rules, ${dashboardQueries().length} queries of dashboards, ${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
