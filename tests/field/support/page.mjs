// docs/field.md, made by a run of the whole table.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const versionOf = (program, ...args) => execFileSync(program, args, { encoding: "utf8" }).trim();

const head = (held, count, versions) => `# What becomes of servers in the field

Real programs start a server, something happens to it, and strayd watches and enforces, with \`"reap": "all"\`. This page
is made by \`node tests/field/run.mjs\`; what must become of each cell is in
\`tests/field/table.mjs\`, with a reason, thought out from the rules in [origins.md](origins.md) and not from what strayd
answers.

| answer | what must hold |
|---|---|
| end | what was lost in the event is ended by strayd, nothing else is, and what lives on serves |
| hold, and a reason | what has lost its place lives on, and strayd gives that reason |
| managed | whatever of it lives is somebody's; strayd ends nothing |
| none | nothing of it lives on; strayd has nothing to end |
| – | there is no such event for this starter |

In each cell besides: nothing that is wanted is sent a signal, by its own word and by strayd's ledger; the breaker stays
closed; strayd has counted the restarts that PM2 has.

When they were last run, ${held} of ${count} cells held (${versions}). A cell in bold with a question mark did not.
`;

const word = ({ expect }) => (expect === "n/a" ? "–" : expect.replace(/^hold (.*)/, "hold: $1").replaceAll("_", " "));

// outcomes: whether each cell holds, by "STARTER: EVENT".
export function writePage(file, table, outcomes) {
  const starters = Object.keys(table);
  const events = Object.keys(table[starters[0]]);
  const shown = (starter, event) => {
    const text = word(table[starter][event]);
    return outcomes.get(`${starter}: ${event}`) === false ? `**${text} ?**` : text;
  };
  const held = [...outcomes.values()].filter(Boolean).length;
  const versions = `Node ${process.version.slice(1)}, npm ${versionOf("npm", "--version")}, Linux ${versionOf("uname", "-r").split("-")[0]}`;
  const lines = [
    head(held, outcomes.size, versions),
    `| starter | ${events.join(" | ")} |`,
    `|---|${events.map(() => "---|").join("")}`,
    ...starters.map((starter) => `| ${starter} | ${events.map((event) => shown(starter, event)).join(" | ")} |`),
    "",
  ];

  lines.push("## Why", "");
  for (const event of events) {
    lines.push(`### ${event}`, "");
    const byReason = new Map();
    for (const starter of starters) {
      const { why } = table[starter][event];
      const key = `${word(table[starter][event])}: ${why}`;
      byReason.set(key, [...(byReason.get(key) ?? []), starter]);
    }
    for (const [reason, names] of byReason) lines.push(`- ${names.join(", ")}: ${reason}`);
    lines.push("");
  }
  writeFileSync(file, `${lines.join("\n").trimEnd()}\n`);
}
