// A wall clock that is wrong for whoever is started with this environment; what
// counts from the boot is left alone. By Debian's libfaketime, see ./dev.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const roots = [fileURLToPath(new URL("../../../build/tools", import.meta.url)), "/"];

function library() {
  const directories = roots.map((root) => join(root, "usr/lib")).filter(existsSync);
  const files = directories.flatMap((directory) =>
    readdirSync(directory).map((name) => join(directory, name, "faketime/libfaketime.so.1")));
  const found = files.find(existsSync);
  if (!found) throw new Error("libfaketime is not there: ./dev install");
  return found;
}

const faked = () => ({ LD_PRELOAD: library(), FAKETIME_DONT_FAKE_MONOTONIC: "1" });

// off: "+30s", "-30s"
export const clockOff = (off) => ({ ...faked(), FAKETIME: off });

// A clock that is stepped by what the file says, whenever it says so.
export const clockOfFile = (file) => ({ ...faked(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" });
