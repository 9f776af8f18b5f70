// A stand-in for the exchange: a WebSocket server that expects a heartbeat each
// second and remembers every connection it ever had.
import { WebSocketServer } from "ws";
import { once } from "node:events";
import { until } from "./wait.mjs";

export async function startExchange(t) {
  const connections = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  t.after(() => {
    for (const { socket } of connections) socket.terminate();
    server.close();
  });

  server.on("connection", (socket, request) => {
    const connection = { socket, who: request.url.slice(1), open: true, beats: 0, longestGap: 0, last: Date.now() };
    connections.push(connection);
    socket.on("message", (text) => {
      const now = Date.now();
      connection.longestGap = Math.max(connection.longestGap, now - connection.last);
      connection.last = now;
      connection.beats += 1;
      connection.pid = JSON.parse(text).pid;
    });
    socket.on("close", () => (connection.open = false));
  });

  return {
    port: server.address().port,
    // Where a backend called `who` connects to.
    url: (who) => `ws://127.0.0.1:${server.address().port}/${who}`,
    all: () => connections,
    of: (who) => connections.filter((connection) => connection.who === who),
    openOf: (who) => connections.filter((connection) => connection.who === who && connection.open),
    // The `count` live connections of a backend, each with a heartbeat seen.
    async connected(who, count = 1, options = {}) {
      return until(`${who} keeps ${count} connection(s) to the exchange`, () => {
        const open = this.openOf(who);
        return open.length === count && open.every(({ beats }) => beats > 0) && open;
      }, options);
    },
    // Resolves when a beat came after now: the link is not only open, it lives.
    async beats(connection) {
      const seen = connection.beats;
      await until(`a heartbeat of ${connection.who}`, () => connection.open && connection.beats > seen);
    },
  };
}
