// Ignores SIGTERM, and so does its child.
import { spawn } from "node:child_process";

process.on("SIGTERM", () => {});
if (process.argv[2] !== "child") {
  spawn("node", [process.argv[1], "child"], { stdio: "ignore" });
}
setInterval(() => {}, 1000);
