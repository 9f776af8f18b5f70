// Serves the page, a dashboard and Prometheus from one address, and has Chromium
// draw it.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { chromium } from "playwright-core";

const types = { html: "text/html", js: "text/javascript", css: "text/css", json: "application/json" };
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

async function answer(request, response, { site, prometheus, dashboard, scene }) {
  const path = request.url.split("?")[0];
  const made = { "/dashboard.json": dashboard, "/scene.json": scene }[path];
  const send = (status, type, body) => response.writeHead(status, { "content-type": type }).end(body);
  if (made) return send(200, types.json, JSON.stringify(made));
  if (path.startsWith("/prom/")) {
    const answered = await fetch(prometheus + request.url.slice(5));
    return send(answered.status, types.json, await answered.text());
  }
  const file = path === "/" ? "index.html" : path.slice(1);
  if (!["index.html", "main.js", "main.css"].includes(file)) return send(404, "text/plain", "");
  send(200, types[file.split(".").pop()], readFileSync(join(site, file)));
}

export async function photograph(what) {
  const server = createServer((request, response) =>
    answer(request, response, what).catch((error) => response.writeHead(502).end(String(error))));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  try {
    // So high that nothing is out of sight: a table draws no row that nobody sees.
    const lowest = Math.max(...what.dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
    const page = await browser.newPage({ viewport: { width: 1440, height: 60 + 38 * lowest } });
    const thrown = [];
    page.on("pageerror", (error) => thrown.push(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.__drawn, null, { timeout: 60_000 });
    const { errors } = await page.evaluate(() => window.__drawn);
    await page.screenshot({ path: what.file });
    if (errors.length + thrown.length > 0) throw new Error([...errors, ...thrown].join("\n"));
  } finally {
    await browser.close();
    server.close();
  }
}
