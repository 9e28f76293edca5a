// Ctrl-C: the first asks the work to stop and keep what it has, the second ends the process at once.

import { exitCodes } from "./errors.js";

export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the system's own handling. */
  release(): void;
}

/** npx passes on the Ctrl-C that the terminal has sent to all: signals this close, in milliseconds, are one. */
const sameWithin = 500;

/** @param onFirst called once, when the first signal comes */
export function onInterrupt(onFirst: () => void): Interruption {
  const controller = new AbortController();
  let first = 0;
  const handle = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      controller.abort();
      onFirst();
    } else if (now - first > sameWithin) process.exit(exitCodes.interrupted);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
