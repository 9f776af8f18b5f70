// prometheus-process-exporter, where it is there.
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { cpuMs, eventually, rssMb } from "./cost.mjs";

const port = 19256;
const program = "prometheus-process-exporter";

async function scrape() {
  try {
    return (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).length > 0;
  } catch {
    return false;
  }
}

// CPU of a scrape, in its least form; undefined: there is none.
export async function exporterScrape(directory) {
  if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) return undefined;
  const config = join(directory, "exporter.yml");
  writeFileSync(config, "process_names:\n  - name: \"{{.Comm}}\"\n    cmdline: ['.+']\n");
  const exporter = spawn(program, ["-config.path", config, "-web.listen-address", `127.0.0.1:${port}`,
    "-threads=false", "-gather-smaps=false"], { stdio: "ignore" });
  const ended = new Promise((done) => exporter.on("exit", done));
  try {
    await eventually(scrape);
    const before = cpuMs(exporter.pid);
    await scrape();
    return { cpu_ms: cpuMs(exporter.pid) - before, rss_mb: rssMb(exporter.pid) };
  } finally {
    exporter.kill("SIGTERM");
    await ended;
  }
}
