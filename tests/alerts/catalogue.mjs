// Every series that a query may ask for, with its labels: those of strayd's page,
// those that the recording rules make, and Prometheus' own.
//
// The page is tests/report/golden/metrics.txt, a report in which everything
// happens. The unit test Metrics.the_whole_page_is_as_agreed holds it equal to what
// the code prints, so that a metric that is renamed there is missing here.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {read} from './promql.mjs';

const golden = new URL('../report/golden/metrics.txt', import.meta.url);

// What Prometheus adds to whatever it scrapes; docs/fleet.md has the last three.
export const targetLabels = ['job', 'instance', 'host', 'env', 'region'];

// Their values are words of strayd's, all of which are on the page.
const wordLabels = ['cause', 'kind', 'signal', 'reason', 'verdict', 'status', 'owner'];

const ofPrometheus = {
  up: [],
  scrape_duration_seconds: [],
  scrape_samples_scraped: [],
  ALERTS: ['alertname', 'alertstate', 'severity'],
  ALERTS_FOR_STATE: ['alertname', 'severity'],
};

class Entry {
  labels = new Set(targetLabels);
  words = new Map();
  anyLabel = false;

  add(label, value) {
    this.labels.add(label);
    if (!wordLabels.includes(label)) return;
    if (!this.words.has(label)) this.words.set(label, new Set());
    this.words.get(label).add(value);
  }
}

function addPage(catalogue, page) {
  for (const line of page.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line);
    if (!match) continue;
    const [, metric, labels = ''] = match;
    if (!catalogue.has(metric)) catalogue.set(metric, new Entry());
    for (const [, label, value] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      catalogue.get(metric).add(label, value);
    }
  }
}

// The labels that are left of its inputs'.
function recorded(expr, catalogue) {
  const {selectors = [], groupings = []} = read(expr);
  const entry = new Entry();
  for (const {metric} of selectors) {
    for (const label of catalogue.get(metric)?.labels ?? []) entry.labels.add(label);
  }
  for (const {modifier, labels} of groupings) {
    if (modifier === 'without') labels.forEach((label) => entry.labels.delete(label));
    if (modifier === 'by') entry.labels = new Set(labels);
  }
  return entry;
}

// records: [{record, expr}], in an order in which each rests on earlier ones.
export function makeCatalogue(records = [], page = readFileSync(fileURLToPath(golden), 'utf8')) {
  const catalogue = new Map();
  addPage(catalogue, page);
  for (const [metric, labels] of Object.entries(ofPrometheus)) {
    const entry = new Entry();
    labels.forEach((label) => entry.labels.add(label));
    entry.anyLabel = metric.startsWith('ALERTS');
    catalogue.set(metric, entry);
  }
  for (const {record, expr} of records) catalogue.set(record, recorded(expr, catalogue));
  return catalogue;
}
