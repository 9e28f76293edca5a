// Weighted sums of columns in float64.

import { instantiateKernels } from "../kernels/index.js";

/** Rows that are worked on together: they stay in the cache. */
const blockRows = 128;

/**
 * The columns times a matrix. O(rows D²).
 *
 * @param columns D columns of equal length
 * @param weights row-major [D, n], n ≤ D
 * @returns n columns
 */
export function combineColumns(
  columns: readonly Float64Array[],
  weights: Float64Array,
  n: number,
): Float64Array[] {
  const dim = columns.length;
  const rows = columns[0].length;
  const at = { matrix: 0, from: 8 * dim * dim, to: 8 * dim * (dim + blockRows) };
  const bytes = 8 * dim * (dim + 2 * blockRows);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) });
  const { float64 } = instantiateKernels(memory);
  const matrix = new Float64Array(memory.buffer, at.matrix, dim * dim);
  const from = new Float64Array(memory.buffer, at.from, dim * blockRows);
  const to = new Float64Array(memory.buffer, at.to, dim * blockRows);
  // The kernel gives X + X U: so U is the matrix less the identity.
  for (let d = 0; d < dim; d++) {
    matrix.set(weights.subarray(d * n, (d + 1) * n), d * dim);
    matrix[d * dim + d] -= 1;
  }
  const out = Array.from({ length: n }, () => new Float64Array(rows));
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    for (let d = 0; d < dim; d++) {
      const values = columns[d];
      for (let i = 0; i < count; i++) from[i * dim + d] = values[start + i];
    }
    float64.rightMultiplyAdd(count, dim, at.from, at.matrix, at.to);
    for (let j = 0; j < n; j++) {
      const values = out[j];
      for (let i = 0; i < count; i++) values[start + i] = to[i * dim + j];
    }
  }
  return out;
}
