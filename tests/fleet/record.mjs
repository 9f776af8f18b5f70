// Records a page of a real strayd at work, for the simulation of a fleet:
//
//   node tests/fleet/record.mjs > tests/fleet/page.txt      (root)
//
// In namespaces of its own, as the end-to-end tests: PM2 with a backend below
// `tsx watch`, a cluster of two, a far end, and a stray.
import { fileURLToPath } from "node:url";
import { npmRun, startManaged, startStrayServer } from "../e2e/support/backends.mjs";
import { startExchange } from "../e2e/support/exchange.mjs";
import { runInside } from "../e2e/support/inside.mjs";

const here = fileURLToPath(import.meta.url);

// What a test would be given: things to do at its end.
function ending() {
  const steps = [];
  return {
    after: (step) => steps.unshift(step),
    async now() {
      for (const step of steps) await step();
    },
  };
}

async function record() {
  const { startPm2 } = await import("../e2e/support/pm2.mjs");
  const { sandbox } = await import("../e2e/support/sandbox.mjs");
  const { configure, plainServer, startStrayd, tsxServer } = await import("../e2e/support/strayd.mjs");
  const { until } = await import("../e2e/support/wait.mjs");
  const end = ending();
  const box = sandbox();
  const exchange = await startExchange(end);
  const pm2 = startPm2(end, box);
  await npmRun(box, pm2, exchange, "dev");
  await startManaged(pm2, exchange, "cluster", ["server.mjs", "--name", "cluster", "-i", "2"], {
    cwd: box.app("plain"), instances: 2,
  });
  await startStrayServer(box, exchange);
  const agent = await startStrayd(end, await configure(box, {
    mode: "observe", rules: [tsxServer, plainServer],
    remotes: [{ name: "exchange", hosts: ["127.0.0.1"], ports: [exchange.port] }],
  }));
  await until("all of it is seen", async () =>
    (await agent.metric("strayd_backend_connections", { owner: "managed" })) === 3 &&
    (await agent.metric("strayd_backend_connections", { owner: "orphan" })) === 1 &&
    (await agent.metric("strayd_candidates", { verdict: "stray" })) > 0);
  process.stdout.write((await agent.metrics()).replaceAll(pm2.home, "/root/.pm2"));
  await end.now();
}

if (process.argv[2] === "inside") await record();
else process.exit(runInside(here, ["inside"]));
