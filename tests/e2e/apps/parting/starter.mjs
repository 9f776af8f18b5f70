// An app that starts a helper, lives beside it, and serves on PORT if it has one:
//
//   starter.mjs HOW COMMAND…    HOW: plain, detached, late: detached and some
//                               seconds after its own start, or bare: with an
//                               environment of its own
import { spawn } from "node:child_process";
import { createServer } from "node:http";

const [how, program, ...args] = process.argv.slice(2);
const { PATH, HELPER_PORTS, PORT } = process.env;
const env = how === "bare" ? { PATH, HELPER_PORTS } : process.env;
const detached = how === "detached" || how === "late";
setTimeout(() => spawn(program, args, { detached, stdio: "ignore", env }).unref(), how === "late" ? 4000 : 0);
if (PORT) {
  createServer((_, response) => {
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ pid: process.pid }));
  }).listen(Number(PORT), "127.0.0.1");
}
setInterval(() => {}, 1000);
