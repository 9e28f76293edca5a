// The thread of a fit: started by fit-in-worker.ts with a task, gone when it is done.

import { parentPort, workerData } from "node:worker_threads";
import { controlBy } from "./fit-flags.js";
import type { WorkerTask } from "./fit-in-worker.js";
import { fitTable } from "./fit-task.js";

const { task, shared } = workerData as WorkerTask;
await fitTable(task, (event) => parentPort?.postMessage(event), controlBy(shared));
