// A webhook: for each request of /deploy it runs a script that deploys a service.
import { execFile } from "node:child_process";
import { createServer } from "node:http";

process.env.FIELD_ROLE = "hook";
await import("./diary.cjs");

const server = createServer((request, response) => {
  response.setHeader("connection", "close");
  if (request.url === "/deploy") execFile("bash", ["deploy.sh"], () => {});
  response.end("{}", () => {
    if (request.url === "/exit") process.exit(1);
  });
});
const listen = () => server.listen(Number(process.env.PORT), "127.0.0.1");
server.on("error", () => setTimeout(listen, 500));
listen();
