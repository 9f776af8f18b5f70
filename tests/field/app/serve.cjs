// A server that says who it is, and waits for its port while another holds it:
//
//   /exit   exits with 1
require("./diary.cjs");
const { createServer } = require("node:http");

const server = createServer((request, response) => {
  response.setHeader("connection", "close");
  response.end(JSON.stringify({ pid: process.pid }), () => {
    if (request.url === "/exit") process.exit(1);
  });
});
const listen = () => server.listen(Number(process.env.PORT), "127.0.0.1");
server.on("error", () => setTimeout(listen, 500));
listen();
