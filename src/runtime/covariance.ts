// The mean and the covariance of rows.

/**
 * @param rows row-major [n, dim]
 * @returns the mean, [dim], and the covariance with divisor n, row-major [dim, dim]; both in float64. O(n D²)
 */
export function covarianceOf(
  rows: ArrayLike<number>,
  dim: number,
): { mean: Float64Array; covariance: Float64Array } {
  const count = rows.length / dim;
  const mean = new Float64Array(dim);
  for (let i = 0; i < rows.length; i++) mean[i % dim] += rows[i] / count;
  const covariance = new Float64Array(dim * dim);
  const deviation = new Float64Array(dim);
  for (let row = 0; row < rows.length; row += dim) {
    for (let i = 0; i < dim; i++) deviation[i] = rows[row + i] - mean[i];
    for (let i = 0; i < dim; i++) {
      const share = deviation[i] / count;
      for (let j = 0; j <= i; j++) covariance[i * dim + j] += share * deviation[j];
    }
  }
  for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) covariance[j * dim + i] = covariance[i * dim + j];
  return { mean, covariance };
}
