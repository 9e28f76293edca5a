// A fit in a thread of its own, so that the pages stay quick.

import { Worker } from "node:worker_threads";
import type { RunEvent } from "./fit-answers.js";
import { FitFlags } from "./fit-flags.js";
import type { FitRunner } from "./fit-runner.js";
import type { FitTask } from "./fit-task.js";

/** What the thread is given. */
export interface WorkerTask {
  readonly task: FitTask;
  readonly shared: SharedArrayBuffer;
}

/**
 * Runs a fit in a worker thread. It is never terminated from outside: ONNX Runtime, cut off in the middle of a run, takes the
 * whole process down (1.30). It ends by itself at the next event of the fit.
 */
export const fitInWorker: FitRunner = (task, tell) => {
  const flags = new FitFlags();
  const workerData: WorkerTask = { task, shared: flags.shared };
  const worker = new Worker(new URL("./fit-worker.js", import.meta.url), { workerData, execArgv: [] });
  worker.on("message", (event: RunEvent) => tell(event));
  worker.on("error", (error) =>
    tell({ type: "status", status: "failed", problem: `the fit's thread ended: ${error.message}` }),
  );
  return {
    pause: () => flags.pause(),
    resume: () => flags.resume(),
    stop: () => flags.stop(true),
    end: () => flags.stop(false),
    done: new Promise((resolve) => worker.once("exit", () => resolve())),
  };
};
