// A worker of the page: trains one experiment beside it, with ONNX Runtime's build for the web.

import * as ort from "onnxruntime-web/wasm";
import ortWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { LogdetError } from "../../src/errors.js";
import { useOnnxRuntime } from "../../src/runtime/session.js";
import { Experiment } from "./experiment.js";
import type { FromWorker, ToWorker } from "./messages.js";

// One thread: several need a page that its host has isolated from others. Loaded when a first graph asks for it.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(ortWasm, import.meta.url).href };
useOnnxRuntime(ort as unknown as Parameters<typeof useOnnxRuntime>[0]);

const tell = (message: FromWorker) => self.postMessage(message);
let experiment: Promise<Experiment> | undefined;
let pausing = new AbortController();
/** Runs follow each other: one that is resumed begins when the interrupted one has ended. */
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "pause") return pausing.abort();
  if (data.type === "start") experiment = Experiment.create(data.settings, tell);
  pausing = new AbortController();
  const { signal } = pausing;
  last = last.then(() => train(signal));
};

async function train(signal: AbortSignal): Promise<void> {
  try {
    const reason = await (await experiment)?.run(signal);
    if (reason) tell({ type: "end", reason });
  } catch (error) {
    const { message } = error as Error;
    tell({ type: "failed", message, hint: error instanceof LogdetError ? error.hint : undefined });
  }
}
