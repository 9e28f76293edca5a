// Small dense matrices in float64, row-major: products, inverses, random rotations.

import type { Random } from "../random/index.js";
import { inverse, logAbsDet } from "../runtime/index.js";

/** A B. a: [rows, inner], b: [inner, columns]; O(rows · inner · columns). */
export function multiply(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k];
      for (let j = 0; j < columns; j++) out[i * columns + j] += factor * b[k * columns + j];
    }
  return out;
}

export const inverseOf = (a: Float64Array, n: number): Float64Array => inverse(a, n);

/** ½ log det(A Aᵀ) of rows [n, D]: log|det A| where they are as many as columns. O(n² D). */
export function logVolume(a: Float64Array, n: number): number {
  const dim = a.length / n;
  const turned = Float64Array.from(a, (_, at) => a[(at % n) * dim + Math.floor(at / n)]);
  return logAbsDet(multiply(a, turned, n, dim, n), n).logAbsDet / 2;
}

/** An orthogonal matrix [n, n], uniform over all of them: normals, orthonormalised row by row (twice, for rounding). */
export function randomRotation(n: number, random: Random): Float64Array {
  const q = random.fillNormal(new Float64Array(n * n));
  for (let i = 0; i < n; i++) {
    const row = q.subarray(i * n, (i + 1) * n);
    for (let pass = 0; pass < 2; pass++)
      for (let k = 0; k < i; k++) {
        const other = q.subarray(k * n, (k + 1) * n);
        const overlap = row.reduce((sum, value, d) => sum + value * other[d], 0);
        for (let d = 0; d < n; d++) row[d] -= overlap * other[d];
      }
    const length = Math.hypot(...row);
    for (let d = 0; d < n; d++) row[d] /= length;
  }
  return q;
}
