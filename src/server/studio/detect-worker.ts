// The thread of a detection: started by detect-in-worker.ts with a task, gone when it is done.

import { parentPort, workerData } from "node:worker_threads";
import type { DetectWorkerTask } from "./detect-in-worker.js";
import { detectIn } from "./detect-task.js";
import { controlBy } from "./fit-flags.js";

const { task, shared } = workerData as DetectWorkerTask;
await detectIn(task, (word) => parentPort?.postMessage(word), controlBy(shared));
