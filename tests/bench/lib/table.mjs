// From samples to the tables of docs/performance.md.
import { cpus, release } from "node:os";

import { median } from "./cost.mjs";

const round = (value) => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2);

export function machine() {
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, node ${process.versions.node}`;
}

// { name: [ms, …] } of one size.
export function costs(samples) {
  const floor = median(samples.floor);
  const rows = Object.entries(samples)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `| ${name} | ${round(median(values))} | ${round(median(values) / floor)} |`);
  return ["| what | CPU ms | x floor |", "|---|---|---|", ...rows].join("\n");
}

const most = (limit) => ({ limit, holds: (value) => value <= limit, text: `<= ${limit}` });
const least = (limit) => ({ limit, holds: (value) => value >= limit, text: `>= ${limit}` });

function goals(samples, facts) {
  const value = (name) => samples[name]?.length ? median(samples[name]) : undefined;
  const ratio = (a, b) => value(a) === undefined || value(b) === undefined ? undefined : value(a) / value(b);
  return [
    ["G1", "table of processes, numbers of all / floor", ratio("table, numbers of all", "floor"), most(1.25)],
    ["G1", "whole scan with them / floor", ratio("rotation 1", "floor"), most(1.25)],
    ["G2", "table of processes, steady / floor", ratio("table, a share of them", "floor"), most(0.25)],
    ["G2", "whole scan, steady / floor", ratio("rotation 12", "floor"), most(0.25)],
    ["G3", "process-exporter's scrape / numbers of all", ratio("process-exporter", "rotation 1"), least(25)],
    ["G3", "process-exporter's scrape / steady scan", ratio("process-exporter", "rotation 12"), least(100)],
    ["G4", "cleanup script / numbers of all", ratio("cleanup script", "rotation 1"), least(100)],
    ["G4", "cleanup script / steady scan", ratio("cleanup script", "rotation 12"), least(500)],
    ["G5", "ps / numbers of all", ratio("ps -eo pid,ppid,args", "rotation 1"), least(3.5)],
    ["G5", "ps / strayd scan --quick", ratio("ps -eo pid,ppid,args", "strayd scan --quick"), least(1.8)],
    ["G6", "table of processes from BPF / floor", ratio("table from bpf", "floor"), most(0.15)],
    ["G6", "whole scan from BPF / floor", ratio("source bpf", "floor"), most(0.15)],
    ["G7", "idle agent, % of a core", facts.idlePercent, most(facts.processes >= 10_000 ? 1 : 0.5)],
    ["G8", "resident memory, MB", facts.rssMb, most(12)],
    ["G8", "process-exporter's memory / strayd's", facts.exporterRssMb && facts.exporterRssMb / facts.rssMb, least(4)],
    ["G9", "process-exporter's scrape / strayd's", ratio("process-exporter", "strayd scrape"), least(100)],
  ];
}

export function goalTable(samples, facts) {
  const rows = goals(samples, facts).map(([goal, what, value, bound]) => {
    if (value === undefined) return `| ${goal} | ${what} | ${bound.text} | – | not measured |`;
    return `| ${goal} | ${what} | ${bound.text} | ${round(value)} | ${bound.holds(value) ? "met" : "missed"} |`;
  });
  return ["| goal | what | bound | here | |", "|---|---|---|---|---|", ...rows].join("\n");
}
