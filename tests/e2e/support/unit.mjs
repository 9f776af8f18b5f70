// strayd as the service has it: a user that is no root, with the capabilities
// that the unit and its drop-in for enforcing name, and no others.
import { readFileSync } from "node:fs";

const files = ["strayd.service", "examples/enforce.conf"];

function capabilities() {
  const text = files.map((file) =>
    readFileSync(new URL(`../../../packaging/systemd/${file}`, import.meta.url), "utf8")).join("\n");
  const named = [...text.matchAll(/^AmbientCapabilities=(.*)$/gm)].flatMap(([, names]) => names.split(" "));
  return named.map((name) => name.replace(/^CAP_/, "+").toLowerCase());
}

// An id of the range that systemd takes those of DynamicUser= from.
const id = 61_184;

export function unit() {
  const only = ["-all", ...capabilities()].join();
  return {
    uid: id,
    gid: id,
    before: ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--no-new-privs",
      `--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`, "--"],
  };
}
