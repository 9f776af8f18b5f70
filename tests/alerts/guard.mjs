// Does every series that a rule or a panel asks for exist? A query for one that
// does not is no error to Prometheus: the alert never fires, the panel stays empty.
import {read} from './promql.mjs';

function distance(a, b) {
  let row = Array.from({length: b.length + 1}, (_, i) => i);
  for (let i = 1; i <= a.length; ++i) {
    const next = [i];
    for (let j = 1; j <= b.length; ++j) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row.at(-1);
}

function nearest(word, words) {
  const ranked = [...words].map((one) => [distance(word, one), one]).sort((a, b) => a[0] - b[0]);
  return ranked.length > 0 && ranked[0][0] <= 6 ? `; did you mean ${ranked[0][1]}?` : '';
}

// The plain words that a matcher names; none where it is a pattern or a variable.
function wordsOf({op, value}) {
  const words = op.endsWith('~') ? value.split('|') : [value];
  return words.every((word) => /^[\w ]+$/.test(word)) ? words : [];
}

function* objectionsToMatcher(metric, entry, matcher, made) {
  const {label} = matcher;
  if (entry.anyLabel || made.includes(label)) return;
  if (!entry.labels.has(label)) {
    yield `${metric} has no label ${label}${nearest(label, entry.labels)}`;
    return;
  }
  const known = entry.words.get(label);
  if (!known) return;
  for (const word of wordsOf(matcher)) {
    if (!known.has(word)) yield `${metric} has no ${label}="${word}"${nearest(word, known)}`;
  }
}

function* objectionsToGrouping({labels, metrics}, catalogue, made) {
  const entries = metrics.map((metric) => catalogue.get(metric)).filter(Boolean);
  if (entries.length === 0 || entries.some(({anyLabel}) => anyLabel)) return;
  for (const label of labels) {
    if (made.includes(label) || entries.some((entry) => entry.labels.has(label))) continue;
    yield `${[...new Set(metrics)].join(', ')}: no label ${label}`;
  }
}

function* objectionsTo(expr, catalogue) {
  const query = read(expr);
  if (query.error) {
    yield `does not parse at: ${query.error}`;
    return;
  }
  for (const {metric, matchers} of query.selectors) {
    const entry = catalogue.get(metric);
    if (!metric) yield 'a selector without the name of a metric';
    else if (!entry) yield `${metric}: no such metric${nearest(metric, catalogue.keys())}`;
    if (!entry) continue;
    for (const matcher of matchers) yield* objectionsToMatcher(metric, entry, matcher, query.made);
  }
  for (const grouping of query.groupings) yield* objectionsToGrouping(grouping, catalogue, query.made);
}

// queries: [{where, expr}]. Each objection is a line that names the place and what
// is wrong there.
export function objections(queries, catalogue) {
  return queries.flatMap(({where, expr}) =>
    [...new Set(objectionsTo(expr, catalogue))].map((what) => `${where}: ${what}`));
}
