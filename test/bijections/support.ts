// What the batteries over bijections and base densities share: random parameters, evaluation, numerical truths.

import type { FloatType } from "../../src/onnx/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/parameter-store.js";
import { Program, type ProgramInputs } from "../../src/runtime/program.js";
import type { Parameter, Tensor } from "../../src/tensor/index.js";

type Parameters = Readonly<Record<string, Parameter>>;

/** A store in which every trainable number is moved away from its first value by normal noise. */
export function randomStore(
  parameters: Parameters,
  { float = "float64", noise = 0.4, seed = 1 }: { float?: FloatType; noise?: number; seed?: number } = {},
): ParameterStore {
  const store = new ParameterStore(Object.values(parameters), { float });
  const random = new Random(seed);
  for (const parameter of store.parameters) {
    if (!parameter.trainable) continue;
    const values = store.view(parameter);
    for (let i = 0; i < values.length; i++) values[i] += noise * random.normal();
  }
  return store;
}

/** Compiles, runs once, copies the results and frees the program. */
export async function evaluate<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  inputs: ProgramInputs,
  store: ParameterStore,
): Promise<Record<Name, Float64Array>> {
  const program = await Program.compile(outputs, { parameters: store, float: store.float, threads: 1 });
  const results = Object.entries(await program.run(asFloat(inputs, store.float)));
  const copies = results.map(([name, values]) => [name, Float64Array.from(values as Float64Array)]);
  await program.release();
  return Object.fromEntries(copies) as Record<Name, Float64Array>;
}

export function asFloat(inputs: ProgramInputs, float: FloatType): ProgramInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [
      name,
      float === "float64" ? Float64Array.from(values) : Float32Array.from(values),
    ]),
  );
}

/** Numbers moved into a support. */
export function within(values: Float64Array, support: Support = "line"): Float64Array {
  return support === "line" ? values : values.map(ontoSupport[support].point);
}

/** Rows of normals times `scale`. */
export function normalRows(count: number, dim: number, scale = 1, seed = 2): Float64Array {
  return new Random(seed).fillNormal(new Float64Array(count * dim), scale);
}

/** ±10^k for k = −3 … 4 and 0, in every column of its own row order. */
export function wideRows(dim: number): Float64Array {
  const magnitudes = Array.from({ length: 8 }, (_, k) => 10 ** (k - 3));
  const values = [0, ...magnitudes, ...magnitudes.map((x) => -x)];
  return Float64Array.from(
    { length: values.length * dim },
    (_, i) => values[(Math.floor(i / dim) * (1 + (i % dim)) + (i % dim)) % values.length],
  );
}

/**
 * Central differences of a scalar output with respect to an array that the program reads at every run.
 * `values` is changed in place and put back.
 */
export async function differences(
  values: Float64Array,
  loss: () => Promise<number>,
  step = 1e-5,
): Promise<Float64Array> {
  const gradient = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const held = values[i];
    const h = step * Math.max(1, Math.abs(held));
    values[i] = held + h;
    const above = await loss();
    values[i] = held - h;
    const below = await loss();
    values[i] = held;
    gradient[i] = (above - below) / (2 * h);
  }
  return gradient;
}

/** log|det| of a small row-major matrix, by elimination with pivots. */
export function logAbsDeterminant(matrix: ArrayLike<number>, n: number): number {
  const a = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => matrix[i * n + j]));
  let total = 0;
  for (let k = 0; k < n; k++) {
    const pivot = a.slice(k).reduce((best, row) => (Math.abs(row[k]) > Math.abs(best[k]) ? row : best));
    a.splice(a.indexOf(pivot), 1);
    a.splice(k, 0, pivot);
    total += Math.log(Math.abs(pivot[k]));
    for (const row of a.slice(k + 1)) {
      const factor = row[k] / pivot[k];
      for (let j = k; j < n; j++) row[j] -= factor * pivot[j];
    }
  }
  return total;
}

/** Where a density is positive: everywhere, above 0, or between 0 and 1. */
export type Support = "line" | "half-line" | "interval";

/** Maps of the line onto each support, and their derivatives. */
const ontoSupport: Record<Support, { point: (t: number) => number; slope: (t: number) => number }> = {
  line: { point: Math.sinh, slope: Math.cosh },
  "half-line": { point: Math.exp, slope: Math.exp },
  interval: { point: (t) => 1 / (1 + Math.exp(-t)), slope: (t) => 0.25 / Math.cosh(t / 2) ** 2 },
};

/**
 * Points and weights for integrals over a support: z = sinh t on the whole line, with t on a grid, dz = cosh t dt.
 * Exponentially accurate for smooth integrands, and it reaches far into heavy tails.
 */
export function lineGrid(
  reach: number,
  count: number,
  support: Support = "line",
): { points: Float64Array; weights: Float64Array } {
  const { point, slope } = ontoSupport[support];
  const step = (2 * reach) / (count - 1);
  const at = Float64Array.from({ length: count }, (_, i) => -reach + i * step);
  return { points: at.map(point), weights: at.map((t) => step * slope(t)) };
}

/** ∫ exp(logDensity) over the line or the plane, or the part of it where it is positive. */
export async function integral(
  logDensity: Tensor,
  dim: number,
  store: ParameterStore,
  { reach, count, support }: { reach: number; count: number; support?: Support },
): Promise<number> {
  const { points, weights } = lineGrid(reach, count, support);
  const size = count ** dim;
  const digit = (row: number, column: number) => Math.floor(row / count ** (dim - 1 - column)) % count;
  const rows = Float64Array.from(
    { length: size * dim },
    (_, i) => points[digit(Math.floor(i / dim), i % dim)],
  );
  const { density } = await evaluate({ density: logDensity }, { x: rows }, store);
  let total = 0;
  for (let row = 0; row < size; row++) {
    let weight = Math.exp(density[row]);
    for (let column = 0; column < dim; column++) weight *= weights[digit(row, column)];
    total += weight;
  }
  return total;
}

/** The largest |a − b| / (1 + |b|). */
export function worstError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const error = Math.abs(a[i] - b[i]) / (1 + Math.abs(b[i]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
