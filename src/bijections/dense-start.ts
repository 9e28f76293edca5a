// Where a dense layer's numbers start from, however it holds them.

import { Random } from "../random/index.js";

export interface LinearOptions {
  /** Number of columns, D. */
  dim: number;
  /** Where the first weights come from: the identity plus normal noise of this standard deviation. */
  noise?: number;
  random?: Random;
  /** Another map to add the noise to than the identity: y = x weight + bias, row-major. */
  start?: AffineMap;
}

/** The numbers of y = x weight + bias: [D, D], row-major, and [D]. */
export interface AffineMap {
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** The first matrix, row-major [D, D], and bias, [D]: the identity, or `start`, plus noise. */
export function denseStart({ dim, noise = 0.02, random = new Random(0), start }: LinearOptions): {
  weight: Float64Array;
  bias: Float64Array;
} {
  const weight = random.fillNormal(new Float64Array(dim * dim), noise);
  for (let i = 0; i < weight.length; i++) weight[i] += start ? start.weight[i] : i % (dim + 1) === 0 ? 1 : 0;
  return { weight, bias: Float64Array.from(start?.bias ?? new Float64Array(dim)) };
}
