// Where the repository's queries are: the rule files and the dashboards.
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {yaml} from './packages.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export function filesOf(directory, ending) {
  const path = join(root, directory);
  if (!existsSync(path)) return [];
  return readdirSync(path).filter((name) => name.endsWith(ending)).sort().map((name) => join(path, name));
}

export const ruleFiles = () => filesOf('alerts', '.rules.yml');

export const load = (file) => yaml.load(readFileSync(file, 'utf8'));
const shown = (file) => relative(root, file);

export function rules(files = ruleFiles()) {
  return files.flatMap((file) => load(file).groups.flatMap((group) =>
    group.rules.map((rule) => ({...rule, where: `${shown(file)}: ${rule.alert ?? rule.record}`}))));
}

// An annotation may ask Prometheus too: printf `QUERY` ARGUMENT… | query
export function queriesInTemplate(text) {
  return [...text.matchAll(/`([^`]*)`[^}]*\|\s*query/g)].map(([, query]) => query.replaceAll('%q', '"$x"'));
}

export function ruleQueries(all = rules()) {
  return all.flatMap(({where, expr, annotations = {}}) => [
    {where, expr},
    ...Object.entries(annotations).flatMap(([name, text]) =>
      queriesInTemplate(text).map((query) => ({where: `${where}, ${name}`, expr: query}))),
  ]);
}

// label_values(METRIC, LABEL) and query_result(QUERY) are Grafana's own; what is
// neither is PromQL.
function variableQuery(query) {
  const values = /^label_values\(\s*(?:(.*),)?\s*(\w+)\s*\)$/s.exec(query);
  if (values) return values[1] ? `count by (${values[2]}) (${values[1]})` : undefined;
  return /^query_result\((.*)\)$/s.exec(query)?.[1] ?? query;
}

const textOf = (query) => typeof query === 'string' ? query : query?.query;

function* panelsIn(panels = []) {
  for (const panel of panels) {
    yield panel;
    yield* panelsIn(panel.panels);
  }
}

// [{where, expr}], with `instant` for a panel that asks for one moment only.
export function queriesOfDashboard(file, dashboard) {
  const found = [];
  const take = (what, expr, more) => {
    if (expr) found.push({where: `${file}: ${what}`, expr, ...more});
  };
  for (const panel of panelsIn(dashboard.panels)) {
    for (const target of panel.targets ?? []) {
      take(`panel "${panel.title}"`, target.expr, target.instant && {instant: true});
    }
  }
  for (const one of dashboard.annotations?.list ?? []) {
    take(`annotation "${one.name}"`, one.expr ?? one.target?.expr);
  }
  for (const one of dashboard.templating?.list ?? []) {
    if (one.type !== 'query') continue;
    const query = textOf(one.query) ?? textOf(one.definition);
    if (query) take(`variable "${one.name}"`, variableQuery(query));
  }
  return found;
}

export function dashboardQueries() {
  return filesOf('dashboards', '.json').flatMap((file) =>
    queriesOfDashboard(shown(file), JSON.parse(readFileSync(file, 'utf8'))));
}

// The ```promql blocks of the runbooks: one query a line.
export function runbookQueries() {
  return filesOf('docs/runbooks', '.md').flatMap((file) => {
    const blocks = readFileSync(file, 'utf8').matchAll(/^```promql\n([^]*?)^```/gm);
    return [...blocks].flatMap(([, block]) => block.trim().split('\n'))
        .map((expr) => ({where: shown(file), expr}));
  });
}
