// Linear algebra in a worker thread of Node, so that large matrices do not hold up the event loop. A browser build
// replaces this file.

import type { MessagePort, Worker } from "node:worker_threads";
import { LogdetError } from "../errors.js";
import { kernelsModule } from "../kernels/index.js";
import { createLinearAlgebra, type Factors, type LinearAlgebra } from "./linear-algebra-core.js";
import type { FloatArray } from "./parameter-store.js";

interface Request {
  readonly id: number;
  readonly a: FloatArray;
  readonly n: number;
  readonly wantsInverse: boolean;
}

/** What the worker found. `inverse` is there if it was asked for and exists. */
export interface Reply extends Pick<Factors, "logAbsDet" | "sign" | "failure"> {
  readonly id: number;
  readonly inverse: FloatArray | undefined;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: LogdetError): void;
}

const waiting = new Map<number, Waiting>();
let lastId = 0;
let started: Promise<Worker> | undefined;
let current: Worker | undefined;

/** Factorises a copy of `a` [n, n], as it is now, in the worker; requests are served in order. */
export async function factorizeInWorker(a: FloatArray, n: number, wantsInverse: boolean): Promise<Reply> {
  // A copy of just these numbers: posting a view would clone the whole memory behind it.
  const copy = a.slice();
  started ??= start();
  const worker = await started;
  return new Promise((resolve, reject) => {
    const request: Request = { id: ++lastId, a: copy, n, wantsInverse };
    waiting.set(request.id, { resolve, reject });
    // The process stays up for an answer that someone waits for, but not for an idle worker.
    worker.ref();
    worker.postMessage(request, [copy.buffer as ArrayBuffer]);
  });
}

async function start(): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  // Text instead of a file: it works from dist/, from TypeScript sources and inside a bundle. Some compilers wrap
  // functions in calls of __name, which the text must then bring along.
  const text = `const { parentPort, workerData } = require("node:worker_threads");
    const __name = (value) => value;
    (${serve})(${createLinearAlgebra}, parentPort, workerData);`;
  const worker = new Worker(text, { eval: true, workerData: kernelsModule(), execArgv: [] });
  worker.on("message", (reply: Reply) => {
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", (cause: Error) => fail(worker, cause));
  worker.on("exit", () => fail(worker, new Error("the worker thread ended")));
  current = worker;
  return worker;
}

/** Everyone who waits learns why there will be no answer; the next request starts a new worker. */
function fail(worker: Worker, cause: Error): void {
  // An error is followed by an exit, which must not take down the successor.
  if (worker !== current) return;
  current = undefined;
  started = undefined;
  for (const { reject } of waiting.values())
    reject(new LogdetError("numeric", `linear algebra failed: ${cause.message}`, { cause }));
  waiting.clear();
}

/** The worker's side. Its source text is sent: it refers to nothing outside itself. */
function serve(
  create: (module: WebAssembly.Module) => LinearAlgebra,
  port: MessagePort,
  module: WebAssembly.Module,
): void {
  const algebra = create(module);
  port.on("message", ({ id, a, n, wantsInverse }: Request) => {
    const factors = algebra.factor(a, n);
    const { logAbsDet, sign, failure } = factors;
    const inverse = wantsInverse && !failure ? a : undefined;
    if (inverse) algebra.inverse(factors, inverse);
    port.postMessage(
      { id, logAbsDet, sign, failure, inverse },
      inverse ? [inverse.buffer as ArrayBuffer] : [],
    );
  });
}
