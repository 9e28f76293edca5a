// The seam to ONNX Runtime: the few functions of it that logdet uses. The Node build is loaded on first use; a page
// gives its own (onnxruntime-web) to `useOnnxRuntime`.

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { FloatType } from "../onnx/index.js";

export type { InferenceSession, OrtTensor };

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: typeof OrtTensor;
}

/** What is asked of a session: to compute into the tensors that it is given. */
export interface Session {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    results: Readonly<Record<string, OrtTensor>>,
  ): Promise<unknown>;
  release(): Promise<void>;
}

let loading: Promise<OnnxRuntime> | undefined;
/** The build that was given, if any. */
let given: OnnxRuntime | undefined;

/**
 * Uses another build of ONNX Runtime than onnxruntime-node for every program compiled from now on.
 *
 * @example useOnnxRuntime(await import("onnxruntime-web/wasm"))
 */
export function useOnnxRuntime(runtime: OnnxRuntime): void {
  given = runtime;
  loading = Promise.resolve(runtime);
}

export function onnxRuntime(): Promise<OnnxRuntime> {
  // ONNX Runtime reports its use to its makers unless told not to. Nothing here calls home.
  if (typeof process !== "undefined") process.env.ORT_DISABLE_TELEMETRY ??= "1";
  loading ??= import("onnxruntime-node").then((module) => module.default ?? module);
  return loading;
}

export interface SessionOptions {
  /** Threads of one session; ONNX Runtime's own choice is one a physical core. */
  readonly threads?: number;
  readonly float?: FloatType;
}

export async function createSession(
  bytes: Uint8Array,
  { threads = 0, float }: SessionOptions,
): Promise<Session> {
  const { InferenceSession } = await onnxRuntime();
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Beyond "basic", ONNX Runtime folds factors into products as float32, also where the matrices are float64.
    graphOptimizationLevel: float === "float64" ? "basic" : "all",
    logSeverityLevel: 3,
    // Its arena gives memory back after every run and faults it in again: a quarter of a step at D = 784.
    enableCpuMemArena: false,
  });
  return given ? copying(session) : session;
}

/** onnxruntime-web computes in a memory of its own and leaves tensors that it is given for results as they were. */
function copying(session: InferenceSession): Session {
  return {
    async run(feeds, results) {
      const found = await session.run(feeds, Object.keys(results));
      for (const [name, { data }] of Object.entries(results)) copyInto(data, found[name].data);
    },
    release: () => session.release(),
  };
}

function copyInto(to: OrtTensor["data"], from: OrtTensor["data"]): void {
  (to as Float32Array).set(from as Float32Array);
}
