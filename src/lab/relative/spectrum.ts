// Eigenvalues of small symmetric matrices, and what they say of a layer.

/**
 * Eigenvalues of a symmetric matrix, row-major [n, n], by Jacobi's rotations, in no order. O(n³) a sweep.
 *
 * @see Golub and Van Loan, "Matrix computations", algorithm 8.5.3
 * @example eigenvalues([2, 1, 1, 2], 2) // 1 and 3
 */
export function eigenvalues(matrix: ArrayLike<number>, n: number): Float64Array {
  const a = Float64Array.from(matrix);
  let total = 0;
  for (const value of a) total += value * value;
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = 0; q < p; q++) off += a[p * n + q] ** 2;
    if (off <= 1e-28 * total) break;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        if (a[p * n + q] === 0) continue;
        const ratio = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const t = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [akp, akq] = [a[k * n + p], a[k * n + q]];
          a[k * n + p] = c * akp - s * akq;
          a[k * n + q] = s * akp + c * akq;
        }
        for (let k = 0; k < n; k++) {
          const [apk, aqk] = [a[p * n + k], a[q * n + k]];
          a[p * n + k] = c * apk - s * aqk;
          a[q * n + k] = s * apk + c * aqk;
        }
      }
  }
  return Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
}

/** Largest over smallest singular value of a matrix, row-major [rows, n], rows >= n: √ of its Gram matrix's ratio. */
export function conditionNumber(matrix: ArrayLike<number>, n: number): number {
  const gram = new Float64Array(n * n);
  for (let row = 0; row < matrix.length; row += n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) gram[i * n + j] += matrix[row + i] * matrix[row + j];
  const found = eigenvalues(gram, n);
  return Math.sqrt(Math.max(...found) / Math.max(Math.min(...found), Number.MIN_VALUE));
}
