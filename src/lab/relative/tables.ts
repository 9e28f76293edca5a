// Rows to train on and rows held out, and how generated ones are made into them.

export interface Rows {
  readonly dim: number;
  /** Row-major [n, dim], standardised. */
  readonly train: Float32Array;
  /** Held-out rows, in the units of `train`. */
  readonly held: Float32Array;
}

/** The first `count` rows to train on, the others held out; columns in units of the first ones' deviations. */
export function standardized(rows: ArrayLike<number>, dim: number, count: number): Rows {
  const [mean, square] = [new Float64Array(dim), new Float64Array(dim)];
  for (let i = 0; i < count * dim; i++) {
    mean[i % dim] += rows[i] / count;
    square[i % dim] += rows[i] ** 2 / count;
  }
  const scaled = Float32Array.from(
    rows,
    (value, i) => (value - mean[i % dim]) / Math.sqrt(square[i % dim] - mean[i % dim] ** 2),
  );
  return { dim, train: scaled.slice(0, count * dim), held: scaled.slice(count * dim) };
}

/** Rows [n, dim] times a matrix [dim, dim]. */
export function times(rows: ArrayLike<number>, matrix: ArrayLike<number>, dim: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += dim)
    for (let k = 0; k < dim; k++)
      for (let j = 0; j < dim; j++) out[row + j] += rows[row + k] * matrix[k * dim + j];
  return out;
}
