// A detection in a thread of its own, so that the pages stay quick.

import { Worker } from "node:worker_threads";
import type { DetectRunner } from "./detect-runner.js";
import type { DetectTask, DetectWord } from "./detect-task.js";
import { FitFlags } from "./fit-flags.js";

/** What the thread is given. */
export interface DetectWorkerTask {
  readonly task: DetectTask;
  readonly shared: SharedArrayBuffer;
}

/** Runs a detection in a worker thread, which is never terminated from outside: fit-in-worker.ts says why. */
export const detectInWorker: DetectRunner = (task, tell) => {
  const flags = new FitFlags();
  const workerData: DetectWorkerTask = { task, shared: flags.shared };
  const worker = new Worker(new URL("./detect-worker.js", import.meta.url), { workerData, execArgv: [] });
  worker.on("message", (word: DetectWord) => tell(word));
  worker.on("error", ({ message }) =>
    tell({
      problem: { code: "training", message: `the thread ended: ${message}`, where: [], hint: undefined },
    }),
  );
  return {
    end: () => flags.stop(false),
    done: new Promise((resolve) => worker.once("exit", () => resolve())),
  };
};
