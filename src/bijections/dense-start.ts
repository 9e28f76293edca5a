// Where a dense layer's numbers start from, however it holds them.

import { Random } from "../random/index.js";
import type { LinearOptions } from "./linear.js";

/** The first matrix, row-major [D, D], and bias, [D]: the identity, or `start`, plus noise. */
export function denseStart({ dim, noise = 0.02, random = new Random(0), start }: LinearOptions): {
  weight: Float64Array;
  bias: Float64Array;
} {
  const weight = random.fillNormal(new Float64Array(dim * dim), noise);
  for (let i = 0; i < weight.length; i++) weight[i] += start ? start.weight[i] : i % (dim + 1) === 0 ? 1 : 0;
  return { weight, bias: Float64Array.from(start?.bias ?? new Float64Array(dim)) };
}
