// The shipped strayd as it runs on a host, observing.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { cpuMs, eventually, pause, rssMb } from "./cost.mjs";

const port = 19586;

async function page() {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  } catch {
    return "";
  }
}

// Of all series of that name; 0: there is none.
async function sum(name) {
  const lines = [...(await page()).matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
  return lines.reduce((total, [, value]) => total + Number(value), 0);
}

const scans = () => sum("strayd_scans_total");

export class Agent {
  // `more`: of its configuration.
  static async start(tools, directory, scan, more = {}) {
    const config = join(directory, "strayd.json");
    writeFileSync(config, JSON.stringify({
      ...more,
      mode: "observe",
      scan,
      state: { dir: join(directory, "state") },
      audit: { file: join(directory, "audit.jsonl") },
      web: { listen: `127.0.0.1:${port}` },
    }));
    const agent = new Agent();
    agent.process = spawn(tools.strayd, ["run", "--config", config], { stdio: "ignore" });
    agent.ended = new Promise((done) => agent.process.on("exit", done));
    await eventually(async () => (await scans()) >= 1);
    return agent;
  }

  sum(name) { return sum(name); }
  get pid() { return this.process.pid; }
  get rssMb() { return rssMb(this.pid); }

  async cpuOfSeconds(seconds) {
    const before = cpuMs(this.pid);
    await pause(seconds * 1000);
    return cpuMs(this.pid) - before;
  }

  // The mean, once `settled` scans are past.
  async cpuPerScan(seconds, settled = 5) {
    await eventually(async () => (await scans()) > settled);
    const first = await scans();
    const cpu = await this.cpuOfSeconds(seconds);
    return cpu / Math.max(1, (await scans()) - first);
  }

  async cpuPerScrape(times) {
    await page();
    const before = cpuMs(this.pid);
    for (let i = 0; i < times; i += 1) await page();
    return (cpuMs(this.pid) - before) / times;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
  }
}

// One agent after the other: they use one port and one directory.
export async function withAgent(tools, directory, scan, use) {
  const agent = await Agent.start(tools, directory, scan);
  try {
    return await use(agent);
  } finally {
    await agent.stop();
  }
}
