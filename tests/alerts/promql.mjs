// What a PromQL expression asks for: which series, with which labels.
import {parser} from './packages.mjs';

const joins = ['On', 'Ignoring'];

// Grafana fills these in; the grammar knows none of them. Odd lengths, so that
// what was put in can be told from what somebody wrote.
const durations = {$__rate_interval: '4h4m4s', $__range: '5h5m5s', $__interval: '3h3m3s'};
const written = Object.fromEntries(Object.entries(durations).map(([name, length]) => [length, name]));

// Grafana puts values in before Prometheus sees the expression. Within a string
// any value parses; elsewhere it is a duration or a number.
export function withoutVariables(expr) {
  const variable = /\$\{\w+(?::\w+)?\}|\[\[\w+\]\]|\$\w+/g;
  return expr.split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)/).map((part, i) => {
    if (i % 2 === 1) return part;
    return part
        .replace(/\$__\w+|\$\{__\w+(?::\w+)?\}/g, (name) => durations[name] ?? '5m')
        .replace(/([[:])\s*\$\{?\w+\}?/g, '$15m')
        .replace(variable, '1');
  }).join('');
}

const unquoted = (literal) => literal.startsWith('`') ?
    literal.slice(1, -1) :
    literal.slice(1, -1).replace(/\\(.)/g, '$1');

class Reader {
  constructor(text) {
    this.text = text;
    this.tree = parser.parse(text);
  }

  of(node) {
    return this.text.slice(node.from, node.to);
  }

  // The nodes of a name below `top`, in the order of the text.
  below(top, ...names) {
    const found = [];
    top.cursor().iterate((node) => {
      if (node.from < top.from || node.to > top.to) return false;
      if (names.includes(node.name)) found.push(node.node);
      return true;
    });
    return found;
  }

  matcher(node) {
    return {
      label: this.of(node.getChild('LabelName')),
      op: this.of(node.getChild('MatchOp')),
      value: unquoted(this.of(node.getChild('StringLiteral'))),
    };
  }

  // The function whose argument a node is, through an `@` and parentheses.
  functionAround(node) {
    const between = ['MatrixSelector', 'StepInvariantExpr', 'OffsetExpr', 'FunctionCallBody', 'ParenExpr'];
    let at = node.parent;
    while (between.includes(at?.name)) at = at.parent;
    return at?.name === 'FunctionCall' ? this.of(at.getChild('FunctionIdentifier')) : undefined;
  }

  window(node) {
    if (node.parent.name !== 'MatrixSelector') return undefined;
    const duration = this.of(node.parent.getChild('DurationExpr'));
    return written[duration] ?? duration;
  }

  selector(node) {
    const matchers = this.below(node, 'UnquotedLabelMatcher').map((one) => this.matcher(one));
    const name = node.getChild('Identifier');
    const named = matchers.find(({label, op}) => label === '__name__' && op === '=');
    return {
      metric: name ? this.of(name) : named?.value,
      matchers: matchers.filter(({label}) => label !== '__name__'),
      window: this.window(node),
      fn: this.functionAround(node),
    };
  }

  labels(node) {
    return this.below(node, 'LabelName').map((label) => this.of(label));
  }

  // `by (…)`, `without (…)`, `on (…)`, `ignoring (…)`: the labels, and the series
  // that they are said of.
  grouping(node) {
    const whole = node.parent;
    const [modifier] = [...joins, 'By', 'Without'].filter((name) => node.getChild(name));
    return {
      modifier: modifier?.toLowerCase(),
      labels: node.getChildren('GroupingLabels').flatMap((list) => this.labels(list)),
      metrics: this.below(whole, 'VectorSelector').map((one) => this.selector(one).metric),
    };
  }

  // label_replace(…) and its like make labels.
  made() {
    return this.below(this.tree.topNode, 'FunctionCall', 'AggregateExpr')
        .filter((call) => /^(label_replace|label_join|count_values)/.test(this.of(call)))
        .flatMap((call) => this.below(call, 'StringLiteral'))
        .map((literal) => unquoted(this.of(literal)));
  }

  error() {
    let at;
    this.tree.iterate({enter: (node) => {
      if (node.type.isError) at ??= node.from;
    }});
    return at;
  }
}

// {error} where it does not parse, as the text from there on; else
// {selectors: [{metric, matchers, window, fn}], groupings: [{modifier, labels, metrics}], made}.
export function read(expr) {
  const reader = new Reader(withoutVariables(expr));
  const at = reader.error();
  if (at !== undefined) return {error: reader.text.slice(at).trim() || 'its end'};
  const top = reader.tree.topNode;
  return {
    selectors: reader.below(top, 'VectorSelector').map((node) => reader.selector(node)),
    groupings: reader.below(top, 'AggregateModifier', 'MatchingModifierClause')
        .map((node) => reader.grouping(node)),
    made: reader.made(),
  };
}

// The comparisons of something with a number: {left, number}.
export function thresholds(expr) {
  const reader = new Reader(expr);
  return reader.below(reader.tree.topNode, 'BinaryExpr').flatMap((node) => {
    const [left, right] = [node.firstChild, node.lastChild];
    const compares = ['Gtr', 'Gte', 'Lss', 'Lte'].some((name) => node.getChild(name));
    if (!compares || right.name !== 'NumberDurationLiteral') return [];
    return [{left: reader.of(left), number: Number(reader.of(right))}];
  });
}
