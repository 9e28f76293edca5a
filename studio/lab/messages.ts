// What the page and its workers say to each other.

import type { StopReason } from "../../src/training/events.js";
import type { Update } from "./experiment.js";
import type { Truth } from "./problem.js";
import type { RunSettings, Settings } from "./settings.js";

export type ToWorker =
  /** Asks for the truth alone. */
  | { readonly type: "pose"; readonly settings: Settings }
  /** Runs that take turns. */
  | { readonly type: "start"; readonly runs: readonly RunSettings[] }
  | { readonly type: "pause" }
  | { readonly type: "resume" };

export type Failure = {
  readonly type: "failed";
  readonly message: string;
  readonly hint: string | undefined;
};

/** What one run tells. */
export type RunMessage = Update | { readonly type: "end"; readonly reason: StopReason } | Failure;

export type FromWorker =
  | { readonly type: "posed"; readonly truth: Truth }
  | { readonly type: "run"; readonly index: number; readonly message: RunMessage }
  | Failure;

/** A worker of the page. */
export function startWorker(hear: (message: FromWorker) => void): Worker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data);
  worker.onerror = ({ message }) =>
    hear({ type: "failed", message: message || "the worker could not be loaded", hint: undefined });
  return worker;
}

export function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
