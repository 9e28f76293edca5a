// A worker of the page: trains experiments beside it, by turns, with ONNX Runtime's build for the web.

import ortWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { LogdetError } from "../../src/errors.js";
import { useOnnxRuntime as giveOnnxRuntime, type OnnxRuntime } from "../../src/runtime/session.js";
import { Experiment } from "./experiment.js";
import type { Failure, FromWorker, RunMessage, ToWorker } from "./messages.js";
import { poseProblem } from "./problem.js";
import type { RunSettings, Settings } from "./settings.js";

// One thread: several need a page that its host has isolated from others. Loaded when a first graph asks for it.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(ortWasm, import.meta.url).href };
giveOnnxRuntime(ort as unknown as OnnxRuntime);

const tell = (message: FromWorker) => self.postMessage(message);
/** Runs that have not ended; each is made at its first turn. */
const going = new Map<number, { readonly settings: RunSettings; experiment?: Experiment }>();
let pausing = new AbortController();
/** Training that is resumed begins when the interrupted one has stopped. */
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "pose") return pose(data.settings);
  if (data.type === "pause") return pausing.abort();
  if (data.type === "start")
    for (const [index, settings] of data.runs.entries()) going.set(index, { settings });
  pausing = new AbortController();
  const { signal } = pausing;
  last = last.then(() => train(signal));
};

function pose(settings: Settings): void {
  try {
    tell({ type: "posed", truth: poseProblem(settings).truth });
  } catch (error) {
    tell(failure(error));
  }
}

/** Lets every run advance in turn until all have ended or are to pause. */
async function train(signal: AbortSignal): Promise<void> {
  while (going.size > 0 && !signal.aborted)
    for (const index of going.keys()) {
      const message = await advance(index, signal);
      if (!message) continue;
      going.delete(index);
      tell({ type: "run", index, message });
    }
  for (const index of going.keys())
    tell({ type: "run", index, message: { type: "end", reason: "interrupted" } });
}

/** What a run's end has to be told, if it has ended. */
async function advance(index: number, signal: AbortSignal): Promise<RunMessage | undefined> {
  const run = going.get(index);
  if (!run) return undefined;
  try {
    run.experiment ??= await Experiment.create(run.settings, (message) =>
      tell({ type: "run", index, message }),
    );
    const reason = await run.experiment.advance(signal);
    return reason && { type: "end", reason };
  } catch (error) {
    return failure(error);
  }
}

/** What goes wrong is for the reader of the page. */
function failure(error: unknown): Failure {
  const { message } = error as Error;
  return { type: "failed", message, hint: error instanceof LogdetError ? error.hint : undefined };
}
