// The page as one script. A part of Grafana's packages wants an older router,
// and fonts and icons as files.
import { copyFileSync } from "node:fs";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function bundle(directory) {
  copyFileSync(here("page/index.html"), `${directory}/index.html`);
  await build({
    entryPoints: [here("page/main.tsx")],
    outfile: `${directory}/main.js`,
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    alias: { "react-router-dom-v5-compat": "react-router-dom" },
    loader: Object.fromEntries([".svg", ".ttf", ".png", ".woff", ".woff2"].map((ending) => [ending, "dataurl"])),
  });
}
