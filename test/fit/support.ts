// Small tables whose densities are known, or at least their shapes.

import { type FitCallbacks, type FitInput, type FitOptions, fit } from "../../src/fit/index.js";
import { Random } from "../../src/random/index.js";

export type Columns = Record<string, Float64Array>;

/** a: two humps; b: bent along a; c: skewed, on its own. No Gaussian is like it. */
export function bentTable(rows: number, seed = 1): Columns {
  const random = new Random(seed);
  const [a, b, c] = [0, 1, 2].map(() => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    a[i] = (random.uniform() < 0.4 ? -3 : 2) + 0.5 * random.normal();
    b[i] = 0.4 * a[i] * a[i] + 0.3 * random.normal();
    c[i] = 100 * Math.exp(0.5 * random.normal());
  }
  return { a, b, c };
}

export const normalColumn = (rows: number, seed = 1, scale = 1) =>
  new Random(seed).fillNormal(new Float64Array(rows), scale);

/** A fit of one net, a few hundred steps, on one thread, unless told otherwise. */
export const quickFit = (input: FitInput, options: FitOptions = {}, callbacks: FitCallbacks = {}) =>
  fit(input, { epochs: 60, batch: 128, threads: 1, search: false, ...options }, callbacks);

export const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
