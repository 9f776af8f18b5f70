// Those that keep a server without PM2: forever, supervisord, monit, and a shell
// in which somebody typed.
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { startStray, serves } from "../../e2e/support/backends.mjs";
import { directoryOf } from "../../e2e/support/owned.mjs";
import { below } from "../../e2e/support/processes.mjs";
import { plainEnvironment } from "../../e2e/support/sandbox.mjs";
import { until } from "../../e2e/support/wait.mjs";
import { alive, withInner } from "./diary.mjs";
import { ports } from "./pm2_scene.mjs";

const run = promisify(execFile);

// What all of them share; `keeper` finds the living process that keeps it.
function base({ box, cwd, diary, helper }) {
  const broken = box.path("broken");
  const environment = {
    FIELD_DIARY: diary.file, FIELD_BROKEN: broken,
    ...(helper && { FIELD_HELPER: "detached", FIELD_HELPER_PORT: String(ports.helper) }),
  };
  const scene = {
    answers: [],
    enter: () => [],
    keeper: () => undefined,
    environment: () => ({ ...environment, PORT: String(scene.port) }),
    port: ports.own,
    async serving() {
      await until("it serves", () => serves(scene.port));
      if (helper) await until("its helper serves", () => serves(ports.helper));
    },
    async kept() {
      const keeper = scene.keeper();
      return keeper ? [keeper, ...below(keeper.pid).map(withInner)] : [];
    },
    managed: async () => [],
    async wrapper() {
      return scene.keeper();
    },
    async settled() {
      await until("it is kept anew", async () => {
        const kept = (await scene.kept()).map(({ pid }) => pid);
        return diary.living("server").some(({ pid }) => kept.includes(pid));
      });
    },
    slowly() {},
    break: () => writeFileSync(broken, ""),
    mend: () => rmSync(broken, { force: true }),
    crash: () => fetch(`http://127.0.0.1:${scene.port}/exit`).catch(() => {}),
    async killDaemon() {
      const keeper = scene.keeper();
      process.kill(keeper.pid, "SIGKILL");
      await until("the keeper is gone", () => !alive().some(({ pid }) => pid === keeper.pid));
    },
    ports: () => [scene.port],
  };
  return scene;
}

function foreverScene(house) {
  const scene = base(house);
  const home = house.box.make("home");
  const forever = (...args) => run(process.execPath, [join(process.env.SCRATCH, "node_modules/forever/bin/forever"), ...args], {
    cwd: house.cwd, env: plainEnvironment({ ...scene.environment(), HOME: home }),
  });
  return Object.assign(scene, {
    aloneThen: ["wrapper killed", "strayd restarted in the middle", "strayd started after it"],
    keeper: () => alive().find(({ argv }) => argv[0]?.endsWith("node") && argv[1]?.endsWith("/monitor")),
    start: () => forever("start", "--minUptime", "2000", "--spinSleepTime", "1000", "-m", "3", "server.mjs"),
    resurrect: () => scene.start(),
    stop: () => forever("stop", "server.mjs"),
    restart: () => forever("restart", "server.mjs"),
    remove: () => forever("stop", "server.mjs"),
  });
}

function supervisordScene(house) {
  const scene = base(house);
  const { box, cwd } = house;
  const programs = directoryOf("supervisord");
  // Unpacked where it is not installed, its modules lie beside its programs.
  const env = { PYTHONPATH: join(dirname(programs), "lib/python3/dist-packages") };
  const conf = box.path("supervisord.conf");
  const pidfile = box.path("supervisord.number");
  const ctl = (...args) => run("/usr/bin/python3", [join(programs, "supervisorctl"), "-c", conf, ...args], { env: plainEnvironment(env) });
  const configure = () => writeFileSync(conf, `
[unix_http_server]
file=${box.path("supervisord.sock")}
[supervisord]
user=root
logfile=${box.path("supervisord.log")}
pidfile=${pidfile}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${box.path("supervisord.sock")}
[program:api]
command=npm run start
directory=${cwd}
environment=${Object.entries(scene.environment()).map(([key, value]) => `${key}="${value}"`).join(",")}
autorestart=true
startsecs=3
`);
  return Object.assign(scene, {
    starts: "node server.mjs",
    keeper: () => alive().find(({ argv }) => argv.some((word) => word.endsWith("/supervisord"))),
    async wrapper() {
      return withInner(below(scene.keeper().pid).find(({ parent }) => parent === scene.keeper().pid));
    },
    managed: () => scene.kept(),
    async start() {
      configure();
      startStray([join(programs, "supervisord"), "-n", "-c", conf], { cwd, env });
      await until("supervisord is there", () => scene.keeper());
    },
    async resurrect() {
      rmSync(box.path("supervisord.sock"), { force: true });
      await scene.start();
    },
    stop: () => ctl("stop", "api"),
    restart: () => ctl("restart", "api"),
    reload: () => ctl("reload"),
    async remove() {
      await ctl("stop", "api");
      await ctl("remove", "api");
    },
    async again() {
      configure();
      await ctl("reread");
      await ctl("update");
    },
    elsewhere: () => (scene.port += ports.later),
  });
}

function monitScene(house) {
  const scene = base(house);
  const { box, cwd } = house;
  const [program, rc, pidfile] = [join(directoryOf("monit"), "monit"), box.path("monitrc"), join(cwd, "api.pid")];
  const script = (name, text) => {
    writeFileSync(box.path(name), `#!/bin/sh\ncd ${cwd}\n${text}\n`, { mode: 0o755 });
    return box.path(name);
  };
  const named = () => existsSync(pidfile) && Number(readFileSync(pidfile, "utf8"));
  const monit = (...args) => run(program, ["-c", rc, ...args], { env: plainEnvironment() });
  return Object.assign(scene, {
    parts: "server",
    keeper: () => alive().find(({ argv }) => argv[0] === program && argv.includes("-I")),
    async kept() {
      const server = alive().find(({ pid }) => pid === named());
      return [scene.keeper(), server, ...(server ? below(server.pid).map(withInner) : [])].filter(Boolean);
    },
    // It is the pidfile's; monit itself is in strayd's list.
    async start() {
      const variables = Object.entries(scene.environment()).map(([key, value]) => `${key}=${value}`).join(" ");
      writeFileSync(rc, `
set daemon 1
set pidfile ${box.path("monit.number")}
set idfile ${box.path("monit.id")}
set statefile ${box.path("monit.state")}
set log ${box.path("monit.log")}
set httpd port 2812 and use address 127.0.0.1 allow localhost
check process api with pidfile ${pidfile}
  start program = "${script("start.sh", `${variables} nohup node server.mjs >/dev/null 2>&1 </dev/null &\necho $! >${pidfile}`)}"
  stop program = "${script("stop.sh", `kill $(cat ${pidfile}) && rm -f ${pidfile}`)}"
`, { mode: 0o600 });
      startStray([program, "-I", "-c", rc], { cwd });
      await until("monit is there", () => scene.keeper());
    },
    resurrect: () => scene.start(),
    // It does so in its next cycle.
    async stop() {
      const server = named();
      await monit("stop", "api");
      await until("monit has stopped it", () => !alive().some(({ pid }) => pid === server));
    },
    async restart() {
      const server = named();
      await monit("restart", "api");
      await until("monit has restarted it", () => !alive().some(({ pid }) => pid === server) && named() && named() !== server);
    },
    reload: () => monit("reload"),
  });
}

// `npm run start &` in a terminal that nobody closes.
function shellScene(house) {
  const scene = base(house);
  let terminal;
  return Object.assign(scene, {
    starts: "node server.mjs",
    beforehand: true,
    aloneThen: ["wrapper killed", "daemon killed", "detached helper", "strayd restarted in the middle", "strayd started after it"],
    async start() {
      terminal = spawn("script", ["--quiet", "--return", "/dev/null"], {
        cwd: house.cwd, env: plainEnvironment({ SHELL: "/bin/bash" }), stdio: ["pipe", "ignore", "ignore"],
      });
      const variables = Object.entries(scene.environment()).map(([key, value]) => `${key}=${value}`).join(" ");
      terminal.stdin.write(`${variables} npm run start >/dev/null 2>&1 &\n`);
    },
    // The terminal is a person's; what it runs is nobody's.
    kept: async () => alive().filter(({ argv }) => argv[0] === "script" || (argv[0] === "bash" && argv[1] === "-i")),
    async wrapper() {
      return alive().find(({ argv }) => argv[0] === "npm run start" || (argv[0] === "npm" && argv[1] === "run"));
    },
    async stop() {
      terminal.stdin.write("kill %1\n");
    },
    async killDaemon() {
      const [shell] = alive().filter(({ argv }) => argv[0] === "bash" && argv[1] === "-i");
      process.kill(shell.pid, "SIGKILL");
      await until("the shell is gone", () => !alive().some(({ pid }) => pid === shell.pid));
    },
    async resurrect() {},
  });
}

export const keeperScenes = {
  forever: foreverScene,
  supervisord: supervisordScene,
  monit: monitScene,
  "a shell by hand": shellScene,
};
