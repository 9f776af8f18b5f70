// How people have PM2 start a server: what PM2 is told, and what stands between
// it and the server.
//
//   chain     PM2 runs a program that runs the server, and ends with it
//   watcher   the program stays when the server ends, and waits for a change
//   direct    PM2 runs the server itself
//   parting   the server is started to outlive what PM2 runs
import { join } from "node:path";

const modules = join(process.env.SCRATCH ?? "/", "node_modules");
const of = (path) => join(modules, path);
const node = "node server.mjs";
const bun = of(`@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`);

const npm = { script: "npm", args: ["run", "start"] };

export const pm2Starters = {
  "pm2 fork": { kind: "direct", app: { script: "server.mjs" } },
  "pm2 cluster": { kind: "direct", app: { script: "server.mjs", exec_mode: "cluster", instances: 2 }, helper: "plain" },
  "pm2-runtime": { kind: "chain", container: true, app: npm, start: node },
  npm: { kind: "chain", app: npm, start: `${node}; exit $?` },
  pnpm: { kind: "chain", app: { script: of("pnpm/bin/pnpm.cjs"), args: ["run", "start"] }, start: node },
  // What PM2 has put into its process keeps it there when all is done.
  yarn: { kind: "watcher", app: { script: of("yarn/bin/yarn.js"), args: ["run", "start"] }, start: node },
  bun: { kind: "chain", app: { script: bun, interpreter: "none", args: ["run", "start"] }, start: `${bun} server.mjs` },
  npx: { kind: "chain", app: { script: "npx", args: ["--no-install", "tsx", "src/server.ts"] } },
  turbo: {
    kind: "chain", app: { script: of("turbo/bin/turbo"), args: ["run", "start"] }, start: node,
    package: { packageManager: "npm@10.0.0" },
  },
  concurrently: {
    kind: "chain",
    app: { script: of("concurrently/dist/bin/concurrently.js"), args: ["--kill-others", `${node}; exit $?`, "sleep 99999"] },
  },
  "nest start --watch": { kind: "watcher", app: { script: of("@nestjs/cli/bin/nest.js"), args: ["start", "--watch"] } },
  "tsc-watch": {
    kind: "watcher",
    app: { script: of("tsc-watch/dist/lib/tsc-watch.js"), args: ["-p", "tsconfig.server.json", "--onSuccess", "node dist/server.js"] },
  },
  nodemon: { kind: "watcher", app: { script: of("nodemon/bin/nodemon.js"), args: ["server.mjs"] } },
  "ts-node-dev": {
    kind: "watcher",
    app: { script: of("ts-node-dev/lib/bin.js"), args: ["--respawn", "--transpile-only", "src/server.ts"] },
  },
  "node --watch": { kind: "watcher", app: { script: process.execPath, interpreter: "none", args: ["--watch", "server.mjs"] } },
  "tsx watch": { kind: "watcher", app: { script: of("tsx/dist/cli.mjs"), args: ["watch", "src/server.ts"] } },
  "a launcher script": {
    kind: "parting",
    app: { script: "keep.sh", interpreter: "bash", autorestart: false },
    ends: true,  // PM2 runs nothing any more when the server serves
  },
  "a webhook": { kind: "parting", app: { script: "hook.mjs" }, hook: true },
};
