// What happens in a cell. Each event is done to a scene, and comes back when what
// follows of itself has happened, too.
import { until } from "../../e2e/support/wait.mjs";
import { alive } from "./diary.mjs";

const isGone = (process) => !alive().some(({ pid, start }) => pid === process.pid && start === process.start);

async function kill(processes) {
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
  await until("the killed are gone", () => processes.every(isGone));
}

async function killWrapper({ scene }) {
  await kill([await scene.wrapper()]);
}

async function killServer({ diary }) {
  await kill([diary.living("server")[0]]);
}

// A process is lost: where the starter has a wrapper, by its end; else by the end
// of the server that had a helper.
const lose = ({ parts, ...cell }) => (parts === "wrapper" ? killWrapper(cell) : parts === "server" ? killServer(cell) : cell.scene.restart());

const comesBack = ({ scene, stays }) => (stays ? undefined : scene.settled());

export const events = {
  "wrapper killed": {
    before: ({ scene }) => scene.slowly(),
    async happens(cell) {
      await killWrapper(cell);
      await comesBack(cell);
    },
  },
  "server killed": {
    async happens(cell) {
      await killServer(cell);
      await comesBack(cell);
    },
  },
  "daemon killed": {
    async happens(cell) {
      const { scene, agent } = cell;
      await scene.killDaemon();
      await agent()?.scans(3);
      await scene.resurrect();
      await comesBack(cell);
    },
  },
  stop: { happens: ({ scene }) => scene.stop() },
  restart: {
    async happens(cell) {
      await cell.scene.restart();
      await comesBack(cell);
    },
  },
  reload: {
    async happens(cell) {
      await cell.scene.reload();
      await comesBack(cell);
    },
  },
  "delete+start": {
    async happens(cell) {
      const { scene, agent, parts } = cell;
      if (parts === "wrapper" && scene.elsewhere) {
        await killWrapper(cell);
        await comesBack(cell);
        await agent()?.scans(2);
      }
      await scene.remove();
      scene.elsewhere?.();
      await (scene.again ?? scene.start)();
      await comesBack(cell);
    },
  },
  "scale down": {
    count: 2,
    async happens(cell) {
      const { scene, agent, parts } = cell;
      const [first] = await scene.instances();
      if (parts === "wrapper") {
        await killWrapper(cell);
        await scene.settled(2);
        await agent()?.scans(2);
      }
      await scene.scale(1);
      scene.lose(1);
      await until("one instance is left", async () => {
        const list = await scene.instances();
        return list.length === 1 && list[0].pm_id !== first.pm_id;
      });
      await scene.settled(1);
    },
  },
  "crash at start": {
    broken: true,
    async happens({ scene, diary, watches }) {
      await scene.start();
      await until("the release has failed", () => diary.lines().some(({ event }) => event === "start") && diary.living("server").length === 0);
      if (!scene.instances || watches) return;
      await until("PM2 tries no more", async () =>
        (await scene.instances()).every(({ pm2_env: { status } }) => status === "errored" || (status === "stopped" && scene.starter.ends)));
    },
  },
  "crash later": {
    async happens(cell) {
      const servers = cell.diary.living(cell.hook ? "hook" : "server");
      await cell.scene.crash();
      await until("one has crashed", () => servers.some(isGone));
      await comesBack(cell);
    },
  },
  "detached helper": {
    helper: true,
    async happens(cell) {
      await killServer(cell);
      await comesBack(cell);
    },
  },
  "strayd restarted in the middle": {
    helperOfDirect: true,
    async happens(cell) {
      await lose(cell);
      await comesBack(cell);
      await cell.agent().scans(2);
      await cell.anew();
    },
  },
  "strayd started after it": {
    helperOfDirect: true,
    late: true,
    async happens(cell) {
      await lose(cell);
      await comesBack(cell);
    },
  },
};
