// Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations: slow for hundreds of columns, exact to the
// last digits for any.

/** A = V diag(values) Vᵀ, the largest value first. */
export interface SymmetricEigen {
  /** [n], descending. */
  readonly values: Float64Array;
  /** [n, n], row-major: column j belongs to `values[j]`. Its largest element is positive. */
  readonly vectors: Float64Array;
}

/** Sweeps over all pairs; six to ten are enough, convergence is quadratic. */
const mostSweeps = 50;

/**
 * The eigendecomposition of a symmetric matrix by cyclic Jacobi rotations. O(n³) a sweep, about eight sweeps.
 *
 * @param matrix row-major [n, n], symmetric; left as it is
 * @see Golub and Van Loan, "Matrix computations", §8.5
 * @example symmetricEigen(Float64Array.of(2, 1, 1, 2), 2).values // [3, 1]
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let size = 0;
  for (const element of a) size += element * element;
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q] ** 2;
    if (off <= 1e-30 * size) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    let largest = 0;
    for (let i = 0; i < n; i++) if (Math.abs(v[i * n + from]) > Math.abs(largest)) largest = v[i * n + from];
    for (let i = 0; i < n; i++) vectors[i * n + to] = largest < 0 ? -v[i * n + from] : v[i * n + from];
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** Turns the plane of coordinates p and q so that a_pq becomes 0, by the smaller of the two angles that do. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const slope = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(slope, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  turn(a, n, n, p, q, c, s);
  turn(a, 1, n, p * n, q * n, c, s);
  turn(v, n, n, p, q, c, s);
}

/** n pairs of elements, `stride` apart, each turned by one angle. */
function turn(a: Float64Array, stride: number, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++, p += stride, q += stride) {
    const x = a[p];
    const y = a[q];
    a[p] = c * x - s * y;
    a[q] = s * x + c * y;
  }
}
