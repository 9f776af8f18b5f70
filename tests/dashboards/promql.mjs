// What a query of a dashboard selects, by Prometheus' own grammar.
import { createRequire } from "node:module";
import { home } from "./files.mjs";

const { parser } = createRequire(`${home}/package.json`)("@prometheus-io/lezer-promql");

// Grafana fills these in; the grammar knows none of them. Odd lengths, so that
// what was put in can be told from what somebody wrote.
const durations = { $__rate_interval: "4h4m4s", $__range: "5h5m5s", $__interval: "3h3m3s" };
const written = Object.fromEntries(Object.entries(durations).map(([name, length]) => [length, name]));

const filledIn = (expr) => expr.replace(/\$__\w+/g, (name) => durations[name] ?? name);

// The function whose argument a node is, through an `@` and parentheses.
function functionAround(node, text) {
  let at = node.parent;
  while (["MatrixSelector", "StepInvariantExpr", "OffsetExpr", "FunctionCallBody", "ParenExpr"].includes(at?.name)) {
    at = at.parent;
  }
  return at?.name === "FunctionCall" ? text(at.getChild("FunctionIdentifier")) : undefined;
}

function matchersOf(node, text) {
  const list = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
  return list.map((matcher) => ({
    label: text(matcher.getChild("LabelName")),
    op: text(matcher.getChild("MatchOp")),
    value: text(matcher.getChild("StringLiteral")).slice(1, -1),
  }));
}

// { error } or { selectors: [{ metric, matchers, window, fn }] }
export function parse(expr) {
  const source = filledIn(expr);
  const text = (node) => node && source.slice(node.from, node.to);
  const selectors = [];
  let error;
  parser.parse(source).iterate({
    enter({ node, type }) {
      if (type.isError) error ??= `at "${source.slice(node.from, node.from + 20)}"`;
      if (type.name !== "VectorSelector") return;
      const window = node.parent.name === "MatrixSelector" ? text(node.parent.getChild("DurationExpr")) : undefined;
      selectors.push({
        metric: text(node.getChild("Identifier")),
        matchers: matchersOf(node, text),
        window: written[window] ?? window,
        fn: functionAround(node, text),
      });
    },
  });
  return error ? { error } : { selectors };
}
