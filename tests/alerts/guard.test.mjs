// The guard must see what it is there for: a query that asks for nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import {makeCatalogue} from './catalogue.mjs';
import {objections} from './guard.mjs';
import {read} from './promql.mjs';
import {queriesInTemplate, queriesOfDashboard} from './sources.mjs';
import {objectionsToThresholds, objectionsToTests, objectionsToWords} from './tidy.mjs';

const page = `
strayd_up_total{app="shop",cause="signal"} 1
strayd_up_total{app="shop",cause="operator"} 1
strayd_time_seconds_bucket{le="1"} 1
`;
const records = [{record: 'app:strayd_up:increase1h', expr: 'sum without (cause) (increase(strayd_up_total[1h]))'}];
const catalogue = makeCatalogue(records, page);
const said = (expr) => objections([{where: 'a.json: panel "P"', expr}], catalogue);

test('what exists is not objected to', () => {
  for (const expr of [
    'sum by (job, app) (rate(strayd_up_total{cause!="operator",instance=~"$instance"}[$__rate_interval]))',
    'histogram_quantile(0.9, sum by (le) (rate(strayd_time_seconds_bucket[5m])))',
    'app:strayd_up:increase1h{app=~"${app:regex}"} > 3 and on (job) up{job="x"} == 0',
    'topk($n, strayd_up_total offset $__range)',
    'ALERTS{alertname="Anything",app="x",cause="neither"}',
    'count_values("version", strayd_up_total) by (version)',
    'label_replace(strayd_up_total, "short", "$1", "instance", "(.*):.*")',
    '{__name__="strayd_up_total"}',
  ]) {
    assert.deepEqual(said(expr), [], expr);
  }
});

test('a metric that does not exist is named, with the place and the nearest that does', () => {
  assert.deepEqual(said('rate(strayd_ups_total[5m])'),
      ['a.json: panel "P": strayd_ups_total: no such metric; did you mean strayd_up_total?']);
});

test('every wrong metric of a query is named', () => {
  assert.equal(said('strayd_a + strayd_b{x="y"} / on (job) strayd_up_total').length, 2);
});

test('a label that the metric does not have is named, wherever it is asked for', () => {
  assert.match(said('strayd_up_total{apps="x"}')[0], /strayd_up_total has no label apps; did you mean app\?/);
  assert.match(said('sum by (ap) (strayd_up_total)')[0], /no label ap$/);
  assert.match(said('strayd_up_total and on (pm2) strayd_up_total')[0], /no label pm2$/);
});

test('a label that a recording rule summed away is gone', () => {
  assert.match(said('app:strayd_up:increase1h{cause="signal"}')[0], /has no label cause/);
});

test('a word that strayd never says is named, plain or as one of several', () => {
  assert.match(said('strayd_up_total{cause="signals"}')[0], /has no cause="signals"; did you mean signal\?/);
  assert.match(said('strayd_up_total{cause=~"operator|op"}')[0], /has no cause="op"/);
  assert.deepEqual(said('strayd_up_total{cause=~"oper.*"}'), []);
  assert.deepEqual(said('strayd_up_total{cause=~"$cause"}'), []);
});

test('what does not parse is told from where it does not', () => {
  assert.match(said('sum(strayd_up_total))')[0], /does not parse at: \)/);
  assert.match(said('sum(strayd_up_total')[0], /does not parse/);
});

test('strings with escapes and quotes of all kinds are read as they are meant', () => {
  const {selectors} = read('x{a="q\\"}",b=\'{\',c=`\\d`}');
  assert.deepEqual(selectors[0].matchers.map(({value}) => value), ['q"}', '{', '\\d']);
});

test('every place of a dashboard that asks Prometheus is looked at', () => {
  const dashboard = {
    panels: [
      {title: 'P', targets: [{expr: 'a'}, {expr: 'b', instant: true}]},
      {type: 'row', panels: [{title: 'Q', targets: [{expr: 'c'}]}]},
      {title: 'text'},
    ],
    annotations: {list: [{name: 'kills', expr: 'd'}, {name: 'built in'}]},
    templating: {list: [
      {name: 'app', type: 'query', query: {query: 'label_values(e{job="$job"}, app)'}},
      {name: 'job', type: 'query', query: 'label_values(job)'},
      {name: 'top', type: 'query', definition: 'query_result(topk(3, f))'},
      {name: 'ds', type: 'datasource', query: 'prometheus'},
    ]},
  };
  assert.deepEqual(queriesOfDashboard('d.json', dashboard), [
    {where: 'd.json: panel "P"', expr: 'a'},
    {where: 'd.json: panel "P"', expr: 'b', instant: true},
    {where: 'd.json: panel "Q"', expr: 'c'},
    {where: 'd.json: annotation "kills"', expr: 'd'},
    {where: 'd.json: variable "app"', expr: 'count by (app) (e{job="$job"})'},
    {where: 'd.json: variable "top"', expr: 'topk(3, f)'},
  ]);
});

test('the queries in the text of an alert are looked at', () => {
  const [query] = queriesInTemplate('{{ range $i, $x := printf `sort(y{app=%q})` $labels.app | query }}');
  assert.match(said(query)[0], /^a.json: panel "P": y: no such metric/);
});

const objectionsToText = (description) => [...objectionsToWords({
  alert: 'StraydX', where: 'StraydX', expr: 'strayd_up_total > 1', labels: {severity: 'info'},
  annotations: {
    summary: '{{ $labels.app }}', description,
    runbook_url: 'https://github.com/strayd/strayd/blob/main/docs/runbooks/StraydX.md',
  },
}, catalogue)];

test('a query that could not be looked at is objected to', () => {
  assert.deepEqual(objectionsToText('{{ range `strayd_up_total` | query }}{{ end }}'), []);
  assert.match(objectionsToText('{{ range "strayd_up_total" | query }}{{ end }}')[0], /is not written as/);
});

test('a label that the text of an alert names must be one of its series', () => {
  assert.deepEqual(objectionsToText('{{ $labels.apps }}'),
      ['StraydX: the description names the label apps, which no series of it has']);
});

test('a whole number is no threshold for an increase, and one for a gauge', () => {
  const numbers = (expr) => [...objectionsToThresholds({where: 'X', expr})].length;
  assert.equal(numbers('increase(strayd_up_total[1h]) > 2'), 1);
  assert.equal(numbers('increase(strayd_up_total[1h]) > 2.5'), 0);
  assert.equal(numbers('strayd_up_total > 75'), 0);
});

test('an alert that no test sees recover is not tested', () => {
  const told = (...checks) => [...objectionsToTests(['X'], [{
    alert_rule_test: checks.map(([at, alerts]) => ({alertname: 'X', eval_time: at, exp_alerts: alerts})),
  }])].length === 0;
  assert.ok(told(['1m', []], ['1h', [{}]], ['1d', []]));
  assert.ok(!told(['1m', []], ['1h', [{}]]));
  assert.ok(!told(['1h', [{}]], ['1d', []]));
  assert.ok(!told(['1m', []]));
});
