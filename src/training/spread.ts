// Some of many rows, for what is looked at while a flow trains.

import type { FloatArray } from "../runtime/index.js";

/** At most so many of the rows, evenly spaced: row-major [n, dim]. The rows themselves where they are no more. */
export function spread(rows: FloatArray, dim: number, most: number): FloatArray {
  const count = rows.length / dim;
  if (count <= most) return rows;
  const chosen = new Float64Array(most * dim);
  for (let i = 0; i < most; i++) {
    const from = Math.floor((i * count) / most) * dim;
    chosen.set(rows.subarray(from, from + dim), i * dim);
  }
  return chosen;
}
