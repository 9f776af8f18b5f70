// A server that answers with its pid, and waits for its port while another holds
// it. HELPER_PORTS has one for each instance of its app.
import { createServer } from "node:http";

const { HELPER_PORTS, NODE_APP_INSTANCE, PORT } = process.env;
const ports = (HELPER_PORTS ?? PORT).split(",").map(Number);
const server = createServer((_, response) => {
  response.setHeader("connection", "close");
  response.end(JSON.stringify({ pid: process.pid }));
});
const listen = () => server.listen(ports[Number(NODE_APP_INSTANCE ?? 0) % ports.length], "127.0.0.1");
server.on("error", () => setTimeout(listen, 500));
listen();
