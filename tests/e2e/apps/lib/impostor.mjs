// Takes the place of a PM2 daemon at a socket, and misbehaves:
//
//   impostor.mjs SOCKET MODE [TITLE]
//
// With a TITLE it also looks like a God Daemon to whoever checks the peer.
import { createServer } from "node:net";

const [socketPath, mode, title] = process.argv.slice(2);

function frame(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = 0x12;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const answers = {
  hangs: () => {},
  closes: (socket) => socket.end(),
  garbage: (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n<html>not a frame</html>"),
  half: (socket) => socket.end(frame(`j:{"args":[[]]}${" ".repeat(1000)}`).subarray(0, 500)),
  huge: (socket) => socket.end(frame(`j:{"args":[["${"x".repeat(50 << 20)}"]]}`)),
};

if (title) process.title = title;
createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => answers[mode](socket));
}).listen(socketPath);
