// Directions of estimators in float64, and small matrices in plain arrays to compare them with.

import type { Flow } from "../../src/flows/index.js";
import type { JacobianEstimator } from "../../src/jacobian/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { gradients, input, mean, neg } from "../../src/tensor/index.js";
import { generate, type NdArray } from "../helpers/index.js";

export type Values = Readonly<Record<string, Float64Array>>;

/** A float64 store with every number moved by noise: no weight near the identity, no bias near the origin. */
export function scattered(flow: Flow, seed: number, noise = 0.4): ParameterStore {
  const store = new ParameterStore(Object.values(flow.parameters), { float: "float64" });
  const random = new Random(seed);
  for (const [name, parameter] of Object.entries(flow.parameters)) {
    if (!parameter.trainable) continue;
    const values = store.view(parameter);
    const amount = name.endsWith(".bias") ? 1.5 : noise;
    for (let i = 0; i < values.length; i++) values[i] += amount * random.normal();
  }
  return store;
}

/** What an estimator gives for every trainable parameter, by name, for the mean negative log-likelihood of rows. */
export async function direction(
  flow: Flow,
  store: ParameterStore,
  rows: Float64Array,
  { rules }: Pick<JacobianEstimator, "rules">,
): Promise<Values> {
  const trainable = Object.entries(flow.parameters).filter(([, parameter]) => parameter.trainable);
  const loss = neg(mean(flow.logProb(input("x", ["batch", flow.dim]))));
  const found = gradients(
    loss,
    trainable.map(([, parameter]) => parameter),
    { rules },
  );
  const outputs = Object.fromEntries(
    trainable.flatMap(([name], i) => {
      const gradient = found[i];
      return gradient ? [[name, gradient]] : [];
    }),
  );
  const program = await Program.compile(outputs, { parameters: store, threads: 1 });
  const results = Object.entries(await program.run({ x: rows }));
  const copies = results.map(([name, values]) => [name, Float64Array.from(values)]);
  await program.release();
  return Object.fromEntries(copies);
}

/** Mean negative log-likelihood of rows, every log-det term included. */
export async function nll(flow: Flow, store: ParameterStore, rows: Float64Array): Promise<number> {
  const loss = neg(mean(flow.logProb(input("x", ["batch", flow.dim]))));
  const program = await Program.compile({ loss }, { parameters: store, threads: 1 });
  const [value] = (await program.run({ x: rows })).loss;
  await program.release();
  return value;
}

/** Normal rows, [count, dim]. */
export function normalRows(count: number, dim: number, seed: number): Float64Array {
  return new Random(seed).fillNormal(new Float64Array(count * dim));
}

export function matrix(values: ArrayLike<number>, columns: number): NdArray {
  return { shape: [values.length / columns, columns], data: Float64Array.from(values) };
}

export function sum(a: NdArray, b: NdArray, factor = 1): NdArray {
  return { shape: a.shape, data: a.data.map((value, i) => value + factor * b.data[i]) };
}

export function scaled(a: NdArray, factor: number): NdArray {
  return { shape: a.shape, data: a.data.map((value) => factor * value) };
}

/** [[W, 0], [b, 1]]: what an affine layer multiplies [x, 1] by. */
export function augmented(weight: NdArray, bias: ArrayLike<number>, corner = 1): NdArray {
  const n = weight.shape[0];
  return generate([n + 1, n + 1], ([i, j]) => {
    if (j === n) return i === n ? corner : 0;
    return i === n ? bias[j] : weight.data[i * n + j];
  });
}

/** The matrix and the bias of an augmented matrix; its last column is not looked at. */
export function parts({ shape, data }: NdArray): { weight: Float64Array; bias: Float64Array } {
  const n = shape[0] - 1;
  return {
    weight: Float64Array.from({ length: n * n }, (_, i) => data[Math.floor(i / n) * (n + 1) + (i % n)]),
    bias: Float64Array.from({ length: n }, (_, j) => data[n * (n + 1) + j]),
  };
}

/** Largest absolute element. */
export const largest = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));
