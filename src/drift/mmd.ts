// Are two samples of rows from one distribution? By the distance of their means in a Gaussian kernel's space, at the
// scale on which they differ most.

import { type PermutationOptions, type PermutationTest, permutationTest } from "./permutations.js";

/** Scales tried, as multiples of the median distance between rows. */
export const scales = [0.25, 0.5, 1, 2, 4] as const;

/**
 * The maximum mean discrepancy under Gaussian kernels exp(−‖x − y‖² / 2h²), tested by permutation:
 *
 *   MMD² = E k(X, X') + E k(Y, Y') − 2 E k(X, Y)
 *
 * for h from a quarter to four times the median distance; the test takes the h at which MMD² is the most standard
 * deviations above what permutations make it. The scale is learned again in every permutation, so the level is exact.
 * O(N² (dim + scales · permutations / 8)): for a thousand rows.
 *
 * @param rows of both samples, row-major [N, dim]; the first `first` are the first sample's
 * @returns parts: MMD² by scale
 * @see Gretton et al., "A kernel two-sample test", 2012, eq. 3; Schrab et al., "MMD aggregated two-sample test", 2023
 */
export function mmdTest(
  rows: Float64Array,
  dim: number,
  first: number,
  options: PermutationOptions,
): Promise<PermutationTest> {
  return permutationTest(rows.length / dim, first, maximumMeanDiscrepancy(rows, dim), options);
}

/** MMD² of the pooled rows at every scale, as a function of which are of the first sample. */
export function maximumMeanDiscrepancy(
  rows: Float64Array,
  dim: number,
): (labels: Uint8Array) => Float64Array {
  const total = rows.length / dim;
  const squares = squaredDistances(rows, dim);
  const median = medianOffDiagonal(squares, total);
  const kernels = scales.map((scale) => kernelOf(squares, total, scale * scale * median));
  const members = new Uint32Array(total);
  return (labels) => {
    let first = 0;
    for (let i = 0; i < total; i++) if (labels[i] === 1) members[first++] = i;
    const second = total - first;
    return Float64Array.from(kernels, ({ matrix, rowSums, sum }) => {
      let [within, across] = [0, 0];
      for (let a = 0; a < first; a++) {
        const start = members[a] * total;
        across += rowSums[members[a]];
        for (let b = 0; b < a; b++) within += matrix[start + members[b]];
      }
      // Rows of the first sample meet themselves and the second; what is left of the sum is the second's own.
      within *= 2;
      across -= within;
      const others = sum - 2 * across - within;
      return (
        within / (first * (first - 1)) + others / (second * (second - 1)) - (2 * across) / (first * second)
      );
    });
  };
}

/** [N, N], the upper and the lower triangle. */
function squaredDistances(rows: Float64Array, dim: number): Float32Array {
  const total = rows.length / dim;
  const squares = new Float32Array(total * total);
  for (let i = 0; i < total; i++)
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let d = 0; d < dim; d++) square += (rows[i * dim + d] - rows[j * dim + d]) ** 2;
      squares[i * total + j] = square;
      squares[j * total + i] = square;
    }
  return squares;
}

/** The median squared distance of two rows, of those that differ. */
function medianOffDiagonal(squares: Float32Array, total: number): number {
  const below = new Float32Array((total * (total - 1)) / 2);
  for (let i = 0, k = 0; i < total; i++) for (let j = 0; j < i; j++) below[k++] = squares[i * total + j];
  const apart = below.sort().filter((square) => square > 0);
  return apart.length === 0 ? 1 : apart[Math.floor(apart.length / 2)];
}

/** The kernel without its diagonal, with the sums that every labelling needs. */
function kernelOf(squares: Float32Array, total: number, squaredScale: number) {
  const matrix = squares.map((square) => Math.exp(-square / (2 * squaredScale)));
  const rowSums = new Float64Array(total);
  let sum = 0;
  for (let i = 0; i < total; i++) {
    matrix[i * total + i] = 0;
    for (let j = 0; j < total; j++) rowSums[i] += matrix[i * total + j];
    sum += rowSums[i];
  }
  return { matrix, rowSums, sum };
}
