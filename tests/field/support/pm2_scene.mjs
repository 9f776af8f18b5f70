// A PM2 with an app of one starter, and what can be done to it.
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serves } from "../../e2e/support/backends.mjs";
import { below } from "../../e2e/support/processes.mjs";
import { startPm2 } from "../../e2e/support/pm2.mjs";
import { plainEnvironment } from "../../e2e/support/sandbox.mjs";
import { until } from "../../e2e/support/wait.mjs";
import { alive, withInner } from "./diary.mjs";

const never = { after() {} };  // all of it ends with the namespaces
const runtime = () => join(process.env.SCRATCH, "node_modules/pm2/bin/pm2-runtime");
const name = "api";
export const ports = { own: 4000, helper: 5000, service: 6100, other: 7000, later: 100 };

export function pm2Scene(starter, { box, cwd, diary, helper }) {
  const pm2 = startPm2(never, box);
  const broken = box.path("broken");
  let port = ports.own;
  let first = 0;  // of the instances that are left
  let outside;  // unshare, around the container of pm2-runtime
  let daemon;

  function ecosystem({ instances, only } = {}) {
    const app = {
      name, cwd, kill_timeout: 500, max_restarts: 3, min_uptime: "20s",
      ...starter.app,
      ...(instances && { instances, exec_mode: starter.app.exec_mode ?? "fork", increment_var: "PORT" }),
      env: {
        PORT: String(port), SERVICE_PORT: String(ports.service), FIELD_DIARY: diary.file, FIELD_BROKEN: broken,
        TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1",
        ...(helper && { FIELD_HELPER: starter.helper ?? "detached", FIELD_HELPER_PORT: String(ports.helper) }),
      },
    };
    // pm2-runtime ends with the last of its apps.
    const other = { name: "other", cwd, script: "server.mjs", kill_timeout: 500,
      env: { PORT: String(ports.other), FIELD_DIARY: diary.file, FIELD_BROKEN: box.path("never"), FIELD_ROLE: "other" } };
    const file = box.path("ecosystem.json");
    writeFileSync(file, JSON.stringify({ apps: only ? [other] : starter.container && !outside ? [app, other] : [app] }));
    return file;
  }

  // All that is in the container, or in the namespace.
  const all = () => (outside ? below(outside.pid).map(withInner) : alive());
  const byInner = (pid) => all().find(({ inner }) => inner === pid);
  const instances = async () => (await pm2.instances(name)).sort((one, other) => one.pm_id - other.pm_id);

  async function roots() {
    const pids = (await pm2.list()).map(({ pid }) => pid).filter((pid) => pid > 1);
    return all().filter(({ inner }) => pids.includes(inner));
  }

  function startContainer(options) {
    const file = ecosystem(options);
    outside = spawn("unshare", ["--pid", "--fork", "--mount-proc", "--kill-child", process.execPath, runtime(), "start", file], {
      cwd, stdio: "ignore", env: plainEnvironment({ PM2_HOME: pm2.home, HOME: pm2.home, PM2_DISABLE_VERSION_CHECK: "1" }),
    });
  }

  const scene = {
    name,
    pm2,
    starter,
    instances,
    answers: [],
    enter: () => (outside
      ? ["nsenter", `--target=${byInner(1).pid}`, "--pid", "--mount", "setpriv", "--pdeathsig=KILL", "--"]
      : []),

    // A daemon that runs something else: of one that has run nothing strayd takes
    // the first list as where counting begins.
    async prepare() {
      if (!starter.container) await pm2.cli(["start", ecosystem({ only: true })], { cwd });
      else startContainer({ only: true });
      await until("PM2 runs something else", async () => (await pm2.list()).length > 0);
    },
    async start(options) {
      if (!starter.container || outside) await pm2.cli(["start", ecosystem(options)], { cwd });
      else startContainer(options);
      await until("PM2 lists the app", async () => (await instances()).length > 0);
      daemon = starter.container ? byInner(1) : withInner(pm2.god());
    },

    async serving(count = starter.app.instances ?? 1) {
      if (starter.hook) {
        await until("the hook takes requests", async () => (await fetch(`http://127.0.0.1:${port}/deploy`)).ok, { step: 4000 });
      }
      const wanted = helper ? 2 * count : count;
      await until(`${count} server(s) serve`, async () => {
        const found = diary.living("server", "helper");
        const answering = starter.app.exec_mode === "cluster" ? [port] : Array.from({ length: count }, (_, i) => (starter.hook ? ports.service : port) + i);
        for (const one of answering) await serves(one);
        return found.length >= wanted;
      });
    },

    // What lives because somebody runs it now: below the pids of PM2's own list.
    async kept() {
      const top = await roots();
      return [daemon, ...top, ...top.flatMap(({ pid }) => below(pid).map(withInner))].filter(Boolean);
    },
    managed: () => scene.kept(),

    // What PM2 runs for the instance, or the script that a webhook waits for.
    async wrapper() {
      if (starter.hook) return alive().find(({ argv }) => argv[0] === "bash" && argv[1] === "deploy.sh");
      return byInner((await instances())[0].pid);
    },
    slowly: () => writeFileSync(join(cwd, "slow"), ""),

    // PM2 has started it anew, and its servers are there: what waits for its
    // port, too.
    async settled(count = starter.app.instances ?? 1) {
      await until(`${count} instance(s) of PM2 have a server`, async () => {
        const list = await instances();
        if (list.length !== count || !list.every(({ pm2_env: { status } }) => status === "online")) return false;
        if (starter.hook) return true;
        const servers = diary.living("server").map(({ pid }) => pid);
        return list.every(({ pid }) => {
          const root = byInner(pid);
          return root && [root.pid, ...below(root.pid).map((one) => one.pid)].some((one) => servers.includes(one));
        });
      });
    },

    async killDaemon() {
      await pm2.cli(["save", "--force"]);
      process.kill(daemon.pid, "SIGKILL");
      await until("the daemon is gone", () => !alive().some(({ pid }) => pid === daemon.pid));
    },
    async resurrect() {
      await pm2.cli(["resurrect"]);
      daemon = withInner(pm2.god());
    },

    stop: () => pm2.cli(["stop", name]),
    restart: () => pm2.cli(["restart", name]),
    reload: () => pm2.cli(["reload", name]),
    remove: () => pm2.cli(["delete", name]),
    // A direct server is gone before its next launch, and a launcher's is found.
    elsewhere: ["chain", "watcher"].includes(starter.kind) ? () => (port += ports.later) : undefined,
    scale: (count) => pm2.cli(["scale", name, String(count)]),
    break: () => writeFileSync(broken, ""),
    mend: () => rmSync(broken, { force: true }),
    async crash() {
      await fetch(`http://127.0.0.1:${port}/exit`).catch(() => {});
    },
    lose: (count) => (first += count),
    ports: () => [port + first],
  };
  return scene;
}

// The restarts that PM2 itself has counted since `begin`: of each instance that
// it listed what came on top. Of one that is new, all came so.
export function countRestarts(scene) {
  const seen = new Map();
  let over = false;
  let begun = false;
  const look = async () => {
    const list = await scene.instances().catch(() => []);
    for (const { pm_id: id, pm2_env: { unique_id: unique, restart_time: count } } of list) {
      const key = `${unique} ${id}`;
      if (!seen.has(key)) seen.set(key, { from: begun ? 0 : count });
      seen.get(key).to = count;
    }
  };
  const watch = async () => {
    while (!over) {
      await look();
      await new Promise((done) => setTimeout(done, 200));
    }
  };
  return {
    async begin() {
      await look();
      begun = true;
      watch();
    },
    async total() {
      await look();
      return [...seen.values()].reduce((sum, { from, to }) => sum + to - from, 0);
    },
    end: () => (over = true),
  };
}
