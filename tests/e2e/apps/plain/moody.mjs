// A server that ends in the way it is asked to:
//
//   /exit/CODE   exits with that code
//   /grow        takes more memory than it is allowed, and lives on
//   /abort       aborts
//   /heap        takes more memory than node's heap may have
//
// GRACEFUL: the code with which it ends when it is asked to by SIGTERM.
// It keeps a connection to PEER_PORT, where it is told one.
import { createServer } from "node:http";
import { connect } from "node:net";

const taken = [];

function grow() {
  for (let i = 0; i < 8; ++i) taken.push(Buffer.alloc(16 << 20, taken.length + 1));
}

function fillTheHeap() {
  for (;;) taken.push(new Array(10_000).fill(taken.length));
}

if (process.env.GRACEFUL !== undefined) {
  process.on("SIGTERM", () => setTimeout(() => process.exit(Number(process.env.GRACEFUL)), 100));
}

createServer((request, response) => {
  const [, verb, argument] = request.url.split("/");
  if (verb === "grow") grow();
  response.setHeader("connection", "close");
  response.end("yes", () => {
    if (verb === "abort") setImmediate(() => process.abort());
    if (verb === "heap") setImmediate(fillTheHeap);
    if (verb === "exit") setImmediate(() => process.exit(Number(argument)));
  });
}).listen(Number(process.env.PORT), "127.0.0.1");

function keepConnected(port) {
  connect(port, "127.0.0.1").on("error", () => {}).on("close", () => setTimeout(keepConnected, 200, port)).resume();
}
if (process.env.PEER_PORT) keepConnected(Number(process.env.PEER_PORT));
