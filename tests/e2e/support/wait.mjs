// Waiting for something to become so, with a deadline, and watching that
// something stays so. Nothing here sleeps in the hope that it was long enough.
import { setTimeout as pause } from "node:timers/promises";

const usualStep = 50;
// A deadline is for what never happens; a busy machine is slow, not broken.
const usualDeadline = 60_000;

// Resolves to the first truthy value of `look`. A look that throws says "not
// yet"; the last reason is in the error.
export async function until(what, look, { within = usualDeadline, step = usualStep } = {}) {
  const deadline = Date.now() + within;
  let last;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${within} ms: ${what}${last ? ` (${last.message})` : ""}`, { cause: last });
    }
    await pause(step);
  }
}

// Calls `look` for that long; what it throws ends the watch.
export async function throughout(duration, look) {
  const end = Date.now() + duration;
  do {
    await look();
    await pause(5 * usualStep);
  } while (Date.now() < end);
}
