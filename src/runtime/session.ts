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

let loading: Promise<OnnxRuntime> | undefined;

/** Uses another build of ONNX Runtime than onnxruntime-node for every program compiled from now on. */
export function useOnnxRuntime(runtime: OnnxRuntime): void {
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
): Promise<InferenceSession> {
  const { InferenceSession } = await onnxRuntime();
  return InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Beyond "basic", ONNX Runtime folds factors into products as float32, also where the matrices are float64.
    graphOptimizationLevel: float === "float64" ? "basic" : "all",
    logSeverityLevel: 3,
    // Its arena gives memory back after every run and faults it in again: a quarter of a step at D = 784.
    enableCpuMemArena: false,
  });
}
