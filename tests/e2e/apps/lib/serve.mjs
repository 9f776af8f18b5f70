// A backend as small as it can be: it listens on PORT and keeps one WebSocket to
// the exchange open, with a heartbeat each second. When the port is taken it dies
// of EADDRINUSE, as a real one does.
import { createServer } from "node:http";
import WebSocket from "ws";

function keepLink(url) {
  const link = new WebSocket(url);
  let beats = 0;
  const beat = setInterval(() => {
    if (link.readyState === WebSocket.OPEN) link.send(JSON.stringify({ pid: process.pid, beat: ++beats }));
  }, 1000);
  link.on("open", () => link.send(JSON.stringify({ pid: process.pid, beat: 0 })));
  link.on("error", () => {});
  link.on("close", () => {
    clearInterval(beat);
    setTimeout(() => keepLink(url), 500);
  });
}

export function serve({ PORT, EXCHANGE_URL }) {
  const server = createServer((_, response) => {
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ pid: process.pid }));
  });
  server.listen(Number(PORT), "127.0.0.1", () => {
    if (EXCHANGE_URL) keepLink(EXCHANGE_URL);
  });
}
