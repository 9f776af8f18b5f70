// What each alert must have besides an expression that parses: its words, its
// runbook, tests that see it fire, stay silent and recover.
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {makeCatalogue} from './catalogue.mjs';
import {read, thresholds} from './promql.mjs';
import {filesOf, load, queriesInTemplate, root, rules} from './sources.mjs';

const runbooks = 'https://github.com/strayd/strayd/blob/main/docs/runbooks/';
const headings = ['What it means', 'Where to look', 'How to stop it'];
const severities = ['critical', 'warning', 'info'];

const ofAlert = ['alertname', 'severity'];

// Labels that the text asks for and that none of the series has.
function* strangersIn(text, labels) {
  for (const [, label] of text.matchAll(/\$labels\.(\w+)/g)) {
    if (!labels.has(label)) yield label;
  }
}

export function* objectionsToWords({alert, where, expr, labels, annotations = {}}, catalogue) {
  if (!/^Strayd[A-Z]\w*$/.test(alert)) yield `${where}: not named StraydSomething`;
  if (!severities.includes(labels?.severity)) yield `${where}: severity is none of ${severities}`;
  const known = new Set(ofAlert);
  for (const {metric} of read(expr).selectors ?? []) {
    for (const label of catalogue.get(metric)?.labels ?? []) known.add(label);
  }
  for (const name of ['summary', 'description']) {
    if (!annotations[name]) yield `${where}: no ${name}`;
    const text = annotations[name] ?? '';
    if (text.split(/\|\s*query\b/).length - 1 !== queriesInTemplate(text).length) {
      yield `${where}: a query of the ${name} is not written as printf \`QUERY\` ARGUMENT… | query`;
    }
    for (const label of strangersIn(text, known)) {
      yield `${where}: the ${name} names the label ${label}, which no series of it has`;
    }
  }
  if (annotations.runbook_url !== `${runbooks}${alert}.md`) {
    yield `${where}: its runbook_url is not ${runbooks}${alert}.md`;
  }
}

// An increase is extrapolated, so that two restarts may be 2.1: a whole number as
// threshold would be met by chance.
export function* objectionsToThresholds({where, expr}) {
  for (const {left, number} of thresholds(expr)) {
    const counts = /increase|changes|count_over_time|count by/.test(left);
    if (counts && number % 1 !== 0.5) yield `${where}: compares a count with ${number}, not with a half`;
  }
}

export function* objectionsToRunbooks(alerts) {
  const directory = join(root, 'docs/runbooks');
  const pages = existsSync(directory) ? readdirSync(directory).filter((name) => name !== 'README.md') : [];
  for (const page of pages) {
    if (!alerts.includes(basename(page, '.md'))) yield `docs/runbooks/${page}: there is no such alert`;
  }
  for (const alert of alerts) {
    if (!pages.includes(`${alert}.md`)) {
      yield `${alert}: no docs/runbooks/${alert}.md`;
      continue;
    }
    const lines = readFileSync(join(directory, `${alert}.md`), 'utf8').split('\n');
    if (lines[0] !== `# ${alert}`) yield `docs/runbooks/${alert}.md: its title is not ${alert}`;
    const found = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
    for (const heading of headings) {
      if (!found.includes(heading)) yield `docs/runbooks/${alert}.md: no heading "${heading}"`;
    }
  }
}

// The table of alerts/README.md has a row for each.
export function* objectionsToTable(alerts, text = readFileSync(join(root, 'alerts/README.md'), 'utf8')) {
  const rows = [...text.matchAll(/^\| (Strayd\w+) \| (\w+) \|/gm)].map(([, alert, severity]) => `${alert} ${severity}`);
  const real = alerts.map(({alert, labels}) => `${alert} ${labels.severity}`);
  for (const row of rows) if (!real.includes(row)) yield `alerts/README.md: ${row}: there is no such alert`;
  for (const one of real) if (!rows.includes(one)) yield `alerts/README.md: no row for ${one}`;
}

const seconds = (text) => [...text.matchAll(/(\d+)([dhms])/g)]
    .reduce((sum, [, count, unit]) => sum + count * {d: 86400, h: 3600, m: 60, s: 1}[unit], 0);

// Of one test: is the alert silent first, does it fire then, is it silent again?
function story(checks) {
  const told = checks.map(({eval_time: at, exp_alerts: alerts}) => ({at: seconds(at), fires: alerts.length > 0}))
      .sort((a, b) => a.at - b.at);
  const first = told.findIndex(({fires}) => fires);
  return first > 0 && told.slice(first).some(({fires}) => !fires);
}

export function* objectionsToTests(alerts, tests) {
  for (const alert of alerts) {
    const told = tests.some(({alert_rule_test: checks = []}) =>
      story(checks.filter(({alertname}) => alertname === alert)));
    if (!told) yield `${alert}: no test sees it silent, firing, and silent again`;
  }
}

export function* objectionsToAlerts() {
  const all = rules();
  const catalogue = makeCatalogue(all.filter(({record}) => record));
  const alerts = all.filter(({alert}) => alert);
  const names = alerts.map(({alert}) => alert);
  for (const alert of alerts) {
    yield* objectionsToWords(alert, catalogue);
    yield* objectionsToThresholds(alert);
  }
  yield* objectionsToTable(alerts);
  yield* objectionsToRunbooks(names);
  yield* objectionsToTests(names, filesOf('tests/alerts', '.test.yml').flatMap((file) => load(file).tests));
}
