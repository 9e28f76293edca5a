// The limit of a relative-gradient step: its matrix products alone, through ONNX Runtime. What a real step takes
// beyond this is activations, reductions, the optimizer and dispatch.

import { create, toBinary } from "@bufbuild/protobuf";
import { LogdetError, Random } from "logdet";
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from "onnx-buf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { medianTime, type Timing } from "./timing.js";

/** Sizes of the net whose products are measured: `layers` dense layers [dim, dim], `batch` rows. */
export interface ProductSizes {
  readonly dim: number;
  readonly batch: number;
  readonly layers: number;
}

/**
 * The median time of the 4L − 1 products of one relative step of an L-layer net, each 2·batch·dim² operations,
 * nothing else computed:
 *
 *   u_k = u_{k−1} W_k                 forward, u_0 = x
 *   Δ_{k−1} = Δ_k W_kᵀ                backward, k = L … 2
 *   v_k = u_k W_kᵀ,  dW_k = v_kᵀ Δ_k − W_k
 *
 * The weights are inputs of the graph, since they change every step; all dW_k are its outputs, written in place.
 * Every other product feeds one of them, so none can be dropped.
 *
 * @param options.threads threads of ONNX Runtime within a product
 * @param options.seconds how long to measure
 * @throws LogdetError "usage" for a size or thread count that is not a positive integer
 * @example await measureProducts({ dim: 784, batch: 100, layers: 2, threads: 2, seconds: 2 })
 */
export async function measureProducts(
  options: ProductSizes & { threads: number; seconds: number },
): Promise<Timing> {
  for (const name of ["dim", "batch", "layers", "threads"] as const)
    if (!(Number.isInteger(options[name]) && options[name] > 0))
      throw new LogdetError("usage", `${name} must be a positive integer, got ${options[name]}`);

  const session = await InferenceSession.create(productsModel(options), {
    executionProviders: ["cpu"],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // As logdet's own sessions: see src/runtime/session.ts.
    enableCpuMemArena: false,
  });
  try {
    const { feeds, fetches } = tensors(options);
    return await medianTime(async () => void (await session.run(feeds, fetches)), {
      seconds: options.seconds,
      warmup: 3,
    });
  } finally {
    await session.release();
  }
}

/** The ONNX model, as bytes: inputs x, delta [batch, dim] and W1 … WL [dim, dim], outputs dW1 … dWL. */
export function productsModel({ dim, batch, layers }: ProductSizes): Uint8Array {
  const numbers = Array.from({ length: layers }, (_, i) => i + 1);
  const input = (k: number) => (k === 0 ? "x" : `u${k}`);
  const delta = (k: number) => (k === layers ? "delta" : `delta${k}`);
  const forward = numbers.map((k) => gemm(`u${k}`, [input(k - 1), `W${k}`]));
  const backward = numbers
    .toReversed()
    .flatMap((k) => [
      gemm(`v${k}`, [`u${k}`, `W${k}`], { transB: 1 }),
      gemm(`dW${k}`, [`v${k}`, delta(k), `W${k}`], { transA: 1, beta: -1 }),
      ...(k > 1 ? [gemm(delta(k - 1), [delta(k), `W${k}`], { transB: 1 })] : []),
    ]);
  const weights = (prefix: string) => numbers.map((k) => matrix(`${prefix}${k}`, dim, dim));
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: "products of a relative step",
      node: [...forward, ...backward],
      input: [matrix("x", batch, dim), matrix("delta", batch, dim), ...weights("W")],
      output: weights("dW"),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** `output = alpha A B + beta C` with A, B and perhaps C transposed or scaled as the attributes say. */
function gemm(output: string, input: string[], attributes: { transA?: 1; transB?: 1; beta?: number } = {}) {
  const attribute = Object.entries(attributes).map(([name, value]) =>
    name === "beta"
      ? { name, type: AttributeProto_AttributeType.FLOAT, f: value }
      : { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) },
  );
  return { opType: "Gemm", name: output, input, output: [output], attribute };
}

function matrix(name: string, rows: number, columns: number) {
  const dim = [rows, columns].map((size) => ({
    value: { case: "dimValue" as const, value: BigInt(size) },
  }));
  const value = { elemType: TensorProto_DataType.FLOAT, shape: { dim } };
  return { name, type: { value: { case: "tensorType" as const, value } } };
}

/** Inputs and outputs in one WebAssembly.Memory, as a training arena has them; every number of order one. */
function tensors({ dim, batch, layers }: ProductSizes) {
  const bytes = 4 * (2 * batch * dim + 2 * layers * dim * dim);
  const pages = Math.ceil(bytes / 65536) + 1;
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const random = new Random(1);
  let offset = 0;
  const place = (rows: number, columns: number, scale: number) => {
    const data = new Float32Array(buffer, offset, rows * columns);
    offset += data.byteLength;
    if (scale > 0) random.fillNormal(data, scale);
    return new Tensor("float32", data, [rows, columns]);
  };
  const feeds: Record<string, Tensor> = { x: place(batch, dim, 1), delta: place(batch, dim, 1) };
  const fetches: Record<string, Tensor> = {};
  // Entries of variance 1/D keep each product's size, however many follow one another.
  for (let k = 1; k <= layers; k++) feeds[`W${k}`] = place(dim, dim, dim ** -0.5);
  for (let k = 1; k <= layers; k++) fetches[`dW${k}`] = place(dim, dim, 0);
  return { feeds, fetches };
}
