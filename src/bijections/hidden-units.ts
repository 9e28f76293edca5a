// The hidden layer of a network a column that also sees the columns before it: what both monotone networks share.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import {
  add,
  concat,
  constant,
  fullLike,
  matmul,
  mul,
  type Parameter,
  parameter,
  reshape,
  slice,
  type Tensor,
} from "../tensor/index.js";

export interface MonotoneNetworkOptions {
  /** Number of columns, D. Column j is mapped given those before it. */
  dim: number;
  /** Hidden units a column, m. */
  width: number;
  /** What the network's output is multiplied by, τ. */
  scale?: number;
  /** Draws the first weights. */
  random?: Random;
}

export interface HiddenUnits {
  /** `weight` and `bias`, [D, m], and for D > 1 `context`, [D, D m]. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** What each unit adds to weight · x_j: bias and the columns before j. x: [batch, D] -> [batch or 1, D, m]. */
  shift(x: Tensor): Tensor;
}

/**
 * Units r of column j: weight_jr x_j + bias_jr + Σ_{i<j} context_ijr x_i.
 *
 * All start as normals of variance 1/m; `positive` takes the weights' absolute values.
 *
 * @throws LogdetError "usage" if dim or width is not a whole number from 1.
 */
export function hiddenUnits(
  owner: string,
  { dim, width, random = new Random(0) }: MonotoneNetworkOptions,
  { positive }: { positive: boolean },
): HiddenUnits {
  for (const [name, value] of Object.entries({ dim, width }))
    if (!Number.isInteger(value) || value < 1)
      throw new LogdetError("usage", `${owner}: ${name} must be a whole number from 1, got ${value}`);
  const draw = (name: string, size: number) =>
    random.split(name).fillNormal(new Float64Array(size), 1 / Math.sqrt(width));
  const first = draw("weight", dim * width);
  const weight = parameter([dim, width], positive ? first.map(Math.abs) : first);
  const bias = parameter([dim, width], draw("bias", dim * width));
  const biases = reshape(bias, [1, dim, width]);
  if (dim === 1) return { parameters: { weight, bias }, shift: () => biases };

  const context = parameter([dim, dim * width], draw("context", dim * dim * width));
  const before = constant(
    Float64Array.from({ length: dim * dim * width }, (_, i) =>
      Math.floor(i / (dim * width)) < Math.floor((i % (dim * width)) / width) ? 1 : 0,
    ),
    [dim, dim * width],
  );
  return {
    parameters: { weight, bias, context },
    shift: (x) => add(biases, reshape(matmul(x, mul(context, before)), ["batch", dim, width])),
  };
}

/**
 * The inverse of a triangular map, column after column.
 *
 * @param solve x_j, [batch, 1], from y_j, [batch, 1], j, and the columns before j, with anything after: [batch, D]
 */
export function columnByColumn(
  y: Tensor,
  dim: number,
  solve: (y: Tensor, column: number, known: Tensor) => Tensor,
): Tensor {
  const solved: Tensor[] = [];
  for (let j = 0; j < dim; j++) {
    const known = concat([...solved, fullLike(slice(y, 1, j), 0)], 1);
    solved.push(solve(slice(y, 1, j, j + 1), j, known));
  }
  return dim === 1 ? solved[0] : concat(solved, 1);
}
