// A learned correlation matrix, as the Cholesky factor that draws and densities are made of.

import { LogdetError } from "../errors.js";
import {
  concat,
  constant,
  div,
  gather,
  inverse,
  log,
  matmul,
  mul,
  type Parameter,
  parameter,
  sqrt,
  sum,
  type Tensor,
  toInt,
  transpose,
} from "../tensor/index.js";

/** Beyond this, positions within the matrix would no longer be exact in float32. */
const mostColumns = 4096;

/** A correlation matrix R = L Lᵀ. */
export interface Correlation {
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** ½ log|det R| = Σ log L_ii, a scalar. */
  readonly halfLogDet: Tensor;
  /** L^{-1} x for each row x: uncorrelated again. [batch, D] -> [batch, D] */
  whiten(x: Tensor): Tensor;
  /** L y for each row y. */
  color(y: Tensor): Tensor;
}

/**
 * Any correlation matrix of full rank, without constraints on the parameter: the rows of L are those of a lower
 * triangle with ones on the diagonal, brought to length 1, so that R has ones there.
 *
 * Parameter `rawCorrelation`: the triangle below the diagonal, row by row, [D (D − 1) / 2]; 0, no correlation, at
 * first. For D = 2, ρ = raw / √(1 + raw²). Cost: O(D³) a batch on the host for L^{-1}, O(D²) a row.
 *
 * @throws LogdetError "usage" for more than 4096 columns.
 */
export function correlation(dim: number): Correlation {
  if (dim > mostColumns)
    throw new LogdetError("usage", `a correlation matrix of ${dim} columns is too large`, {
      hint: `At most ${mostColumns} columns; a base of independent columns takes any number.`,
    });
  if (dim === 1) return { parameters: {}, halfLogDet: constant(0), whiten: (x) => x, color: (y) => y };
  const below = (dim * (dim - 1)) / 2;
  const rawCorrelation = parameter([below], new Float64Array(below));
  // The matrix picks its elements from [raw…, 1, 0].
  const places = Float64Array.from({ length: dim * dim }, (_, i) => {
    const [row, column] = [Math.floor(i / dim), i % dim];
    if (row === column) return below;
    return row > column ? (row * (row - 1)) / 2 + column : below + 1;
  });
  const triangle = gather(concat([rawCorrelation, constant([1, 0])], 0), toInt(constant(places, [dim, dim])));
  const square = sum(mul(triangle, triangle), 1, { keep: true });
  const factor = div(triangle, sqrt(square));
  return {
    parameters: { rawCorrelation },
    halfLogDet: mul(-0.5, sum(log(square))),
    whiten: (x) => matmul(x, transpose(inverse(factor))),
    color: (y) => matmul(y, transpose(factor)),
  };
}
