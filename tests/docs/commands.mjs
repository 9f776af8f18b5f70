// What the documents tell a person to type: the code blocks and code spans of a
// Markdown file, as commands and as configurations.
const fence = /^ *```(\w*)\n(.*?)^ *```$/gms;

export function blocks(text) {
  return [...text.matchAll(fence)].map(([, language, body]) => ({ language, body }));
}

// A prompt of `# ` or `$ ` starts a command in a console; everything else there
// is what it printed. A line that ends in a backslash goes on.
function linesOf({ language, body }) {
  const lines = body.replaceAll(/\\\n\s*/g, " ").split("\n").map((line) => line.trim());
  if (language === "console") return lines.flatMap((line) => /^[#$] (.*)/.exec(line)?.[1] ?? []);
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

export function commands(text) {
  const typed = blocks(text).filter(({ language }) => ["sh", "console"].includes(language)).flatMap(linesOf);
  const prose = text.replaceAll(fence, "");
  const spans = [...prose.matchAll(/`((?:strayd|\.\/dev) [^`\n]+)`/g)].map(([, span]) => span);
  const indented = [...prose.matchAll(/^ {4}((?:strayd|\.\/dev) .*)$/gm)].map(([, line]) => line);
  return [...typed, ...spans, ...indented].map((line) => line.replace(/\s+#.*$/, "").trim());
}

// The words of each call of strayd in a command line, without its own name.
export function callsOf(command) {
  return command.split(/\s*(?:\||;|&&)\s*/).flatMap((part) => {
    const words = part.split(/\s+/).map((word) => word.replaceAll(/^["']|["']$/g, ""));
    const at = words.findLastIndex((word) => word === "strayd" || word.endsWith("/strayd"));
    if (at < 0) return [];
    const before = words.slice(0, at);
    const known = before.every((word) => ["docker", "exec", "strayd", "sudo"].includes(word));
    if (!known) return [];
    const after = words.slice(at + 1);
    const end = after.findIndex((word) => /^[<>]/.test(word));
    return [end < 0 ? after : after.slice(0, end)];
  });
}

// JSON of a configuration: a whole one, or a key of one. Anything else, such as a
// line of the ledger, is none.
export function configurations(text) {
  return blocks(text).filter(({ language }) => language === "json").map(({ body }) => body.trim())
    .filter((body) => !/^\{"(event|name|version)"/.test(body))
    .map((body) => (body.startsWith("{") ? body : `{${body}}`));
}
