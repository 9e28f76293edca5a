// What the studio's thread tells the thread of a fit, in memory that both see: it is heard while that one computes.

import { LogdetError } from "../../errors.js";
import type { FitControl } from "./fit-task.js";

/** Whether to wait. */
const waits = 0;
/** Whether to stop, and how. */
const stops = 1;
const orders = { none: 0, keep: 1, drop: 2 } as const;

/** The studio's side. */
export class FitFlags {
  readonly shared = new SharedArrayBuffer(8);
  readonly #flags = new Int32Array(this.shared);

  pause(): void {
    Atomics.store(this.#flags, waits, 1);
  }

  resume(): void {
    Atomics.store(this.#flags, waits, 0);
    Atomics.notify(this.#flags, waits);
  }

  /** @param keeps whether the best so far is wanted */
  stop(keeps: boolean): void {
    Atomics.store(this.#flags, stops, keeps ? orders.keep : orders.drop);
    this.resume();
  }
}

/** The fit's side: blocks its thread as long as it is to wait. */
export function controlBy(shared: SharedArrayBuffer): FitControl {
  const flags = new Int32Array(shared);
  const controller = new AbortController();
  return {
    signal: controller.signal,
    checkpoint() {
      const before = performance.now();
      // One word: a thread that sleeps here hears nothing else.
      const isPaused = Atomics.load(flags, waits) === 1;
      while (Atomics.load(flags, waits) === 1) Atomics.wait(flags, waits, 1);
      const order = Atomics.load(flags, stops);
      if (order === orders.drop) throw new LogdetError("interrupted", "ended; nothing was written");
      if (order === orders.keep) controller.abort();
      return isPaused ? performance.now() - before : 0;
    },
  };
}
