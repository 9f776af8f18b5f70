// A webhook: for each request it runs what ON_REQUEST says, in a shell that ends
// by itself.
import { execFile } from "node:child_process";
import { createServer } from "node:http";

const { ON_REQUEST, PORT } = process.env;
createServer((_, response) => {
  response.setHeader("connection", "close");
  execFile("bash", ["-c", ON_REQUEST], (error) => {
    response.statusCode = error ? 500 : 200;
    response.end(JSON.stringify({ pid: process.pid }));
  });
}).listen(Number(PORT), "127.0.0.1");
