// Weighted sums of columns in float64.

/** Rows of all columns that are worked on together: they stay in the cache. */
const blockSize = 1024;

/**
 * The columns times a matrix, four columns at a time. O(rows D n).
 *
 * @param columns D columns of equal length
 * @param weights row-major [D, n]
 * @returns n columns
 */
export function combineColumns(
  columns: readonly Float64Array[],
  weights: Float64Array,
  n: number,
): Float64Array[] {
  const rows = columns[0].length;
  const out = Array.from({ length: n }, () => new Float64Array(rows));
  for (let from = 0; from < rows; from += blockSize) {
    const to = Math.min(rows, from + blockSize);
    for (let j = 0; j < n; j++) {
      const sum = out[j];
      let d = 0;
      for (; d + 4 <= columns.length; d += 4) {
        const a = columns[d];
        const b = columns[d + 1];
        const c = columns[d + 2];
        const e = columns[d + 3];
        const wa = weights[d * n + j];
        const wb = weights[(d + 1) * n + j];
        const wc = weights[(d + 2) * n + j];
        const we = weights[(d + 3) * n + j];
        for (let i = from; i < to; i++) sum[i] += wa * a[i] + wb * b[i] + (wc * c[i] + we * e[i]);
      }
      for (; d < columns.length; d++) {
        const a = columns[d];
        const wa = weights[d * n + j];
        for (let i = from; i < to; i++) sum[i] += wa * a[i];
      }
    }
  }
  return out;
}
