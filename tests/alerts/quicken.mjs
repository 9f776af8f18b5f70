// The shipped rules and routes with all durations divided by one number, so that a
// test need not wait for an hour. Nothing else changes: no number of restarts, no
// label, no word.
//
//   node quicken.mjs DIVISOR RULES.yml       prints the quicker rules
//
// What is divided: ranges, subquery steps and offsets in `expr` and in the queries of
// annotations; `for`, `keep_firing_for`, a group's `interval`; group_wait,
// group_interval and repeat_interval of Alertmanager's routes. A gauge that is itself
// a time (strayd_backend_last_receive_seconds > 75) stays: the host's clock does not
// run faster.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parser, yaml} from './packages.mjs';

const unit = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000};

function quicker(duration, divisor) {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhdw])/g)];
  if (parts.map(([text]) => text).join('') !== duration) throw new Error(`${duration} is no duration`);
  const ms = parts.reduce((sum, [, count, of]) => sum + count * unit[of], 0);
  return `${Math.max(1, Math.round(ms / divisor))}ms`;
}

export function quickerQuery(expr, divisor) {
  const places = [];
  parser.parse(expr).iterate({enter: ({name, from, to}) => {
    if (name === 'NumberDurationLiteralInDurationContext') places.push([from, to]);
  }});
  return places.reverse().reduce((text, [from, to]) =>
    text.slice(0, from) + quicker(text.slice(from, to), divisor) + text.slice(to), expr);
}

// The holes of a template's query stand where no duration can.
const quickerText = (text, divisor) => text.replace(/`([^`]*)`/g, (_, query) =>
  `\`${quickerQuery(query.replaceAll('%q', '"%q"'), divisor).replaceAll('"%q"', '%q')}\``);

function members(object, keys, change) {
  const found = keys.filter((key) => object[key] !== undefined);
  return {...object, ...Object.fromEntries(found.map((key) => [key, change(object[key])]))};
}

function quickerRule(rule, divisor) {
  const short = members(rule, ['for', 'keep_firing_for'], (duration) => quicker(duration, divisor));
  const annotations = Object.fromEntries(Object.entries(rule.annotations ?? {})
      .map(([name, text]) => [name, quickerText(text, divisor)]));
  return {...short, expr: quickerQuery(rule.expr, divisor), ...(rule.alert ? {annotations} : {})};
}

export function quickerRules(text, divisor) {
  const {groups} = yaml.load(text);
  return yaml.dump({groups: groups.map((group) => ({
    ...members(group, ['interval'], (duration) => quicker(duration, divisor)),
    rules: group.rules.map((rule) => quickerRule(rule, divisor)),
  }))}, {lineWidth: -1});
}

export function quickerRoute(route, divisor) {
  const waits = ['group_wait', 'group_interval', 'repeat_interval'];
  const short = members(route, waits, (duration) => quicker(duration, divisor));
  return members(short, ['routes'], (routes) => routes.map((one) => quickerRoute(one, divisor)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , divisor, file] = process.argv;
  process.stdout.write(quickerRules(readFileSync(file, 'utf8'), Number(divisor)));
}
