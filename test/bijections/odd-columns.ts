// A sample that is far from normal, and how far: what the data-driven starts are tried on.

import { Random } from "../../src/random/index.js";

/** Rows of two columns: one with a long right tail, one of two humps. */
export function oddColumns(rows: number): Float64Array {
  const random = new Random(4);
  const hump = () => (random.uniform() < 0.4 ? -1.3 : 0.9) + 0.35 * random.normal();
  return Float64Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === 0 ? Math.exp(0.6 * random.normal()) - 1.2 : hump(),
  );
}

/** Variance, skewness (0 for a normal) and kurtosis (3) of one of two columns. */
export function shapeOf(values: Float64Array, column: number) {
  const own = values.filter((_, i) => i % 2 === column);
  const mean = own.reduce((total, v) => total + v, 0) / own.length;
  const moment = (power: number) => own.reduce((total, v) => total + (v - mean) ** power, 0) / own.length;
  const variance = moment(2);
  return { variance, skewness: moment(3) / variance ** 1.5, kurtosis: moment(4) / variance ** 2 };
}
