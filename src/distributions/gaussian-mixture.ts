// A mixture of Gaussians over whole rows, each with its own covariance: unlike mixture-of-gaussians, its columns depend
// on each other.

import { Random } from "../random/index.js";
import type { Tensor } from "../tensor/index.js";
import {
  add,
  concat,
  constant,
  cumulativeSum,
  exp,
  greaterOrEqual,
  identity,
  inverse,
  logSoftmax,
  logSumExp,
  matmul,
  mul,
  pad,
  parameter,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  toFloat,
  transpose,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { halfLog2Pi } from "./normal.js";

export interface GaussianMixtureOptions {
  /** Number of columns, D. */
  dim: number;
  /** Gaussians, K. */
  components?: number;
  /** Rows, row-major [rows, D], among which the first means are chosen, far from one another. */
  sample?: Float32Array | Float64Array;
  /** Draws the first means. */
  random?: Random;
}

/** Standard deviation of the first means where there is no sample, and each component's own: 1 together. */
const meanSpread = 0.6;
const firstDeviation = Math.sqrt(1 - meanSpread ** 2);

/**
 * A mixture of K Gaussians with learned weights, means and covariances Σ_k = (A_kᵀ A_k)⁻¹.
 *
 *   log p(z) = log Σ_k π_k |det A_k| (2π)^(−D/2) exp(−½ |A_k (z − μ_k)|²),   π = softmax(logits)
 *
 * z: [batch, D]; log-density: [batch], nats. A_k is lower triangular with the diagonal exp(logDiagonal), so that its
 * determinant costs nothing. Parameters: logits [K]; mean, logDiagonal [K, D]; lower [K, D, D], of which only what is
 * below the diagonal counts. Cost O(batch · K · D²); draws invert each A_k once a run, O(K · D³).
 *
 * @example const base = gaussianMixture({ dim: 8, components: 4, random: new Random(1) })
 */
export function gaussianMixture({
  dim,
  components = 4,
  sample,
  random = new Random(0),
}: GaussianMixtureOptions): Distribution {
  const spread = components > 1 ? meanSpread : 0;
  const means = sample
    ? spreadRows(sample, dim, components, random)
    : random.fillNormal(new Float64Array(components * dim), spread);
  const logits = parameter([components], new Float64Array(components));
  const mean = parameter([components, dim], means);
  const logDiagonal = parameter(
    [components, dim],
    new Float64Array(components * dim).fill(components > 1 ? -Math.log(firstDeviation) : 0),
  );
  const lower = parameter([components, dim, dim], new Float64Array(components * dim * dim));

  const isBelow = Float64Array.from({ length: dim * dim }, (_, i) => (i % dim < Math.floor(i / dim) ? 1 : 0));
  const diagonal = mul(identity(dim), reshape(exp(logDiagonal), [components, dim, 1]));
  const factors = add(mul(lower, constant(isBelow, [dim, dim])), diagonal);

  /** Rows [batch, D] times each of K matrices, transposed, that lie above one another: [batch, K, D]. */
  const timesEach = (rows: Tensor, matrices: Tensor) =>
    reshape(matmul(rows, transpose(reshape(matrices, [components * dim, dim]))), ["batch", components, dim]);

  return {
    dim,
    parameters: { logits, mean, logDiagonal, lower },
    logProb(z) {
      const centers = sum(mul(factors, reshape(mean, [components, 1, dim])), 2);
      const white = sub(timesEach(z, factors), centers);
      const height = sub(add(logSoftmax(logits, 0), sum(logDiagonal, 1)), dim * halfLog2Pi);
      return logSumExp(sub(height, mul(0.5, sum(mul(white, white), 2))), 1);
    },
    noise: { uniform: 1, normal: dim },
    sample: ({ uniform, normal }: Noise) => {
      const inverses = Array.from({ length: components }, (_, k) =>
        inverse(reshape(slice(factors, 0, k, k + 1), [dim, dim])),
      );
      const fromEach = add(timesEach(normal as Tensor, concat(inverses, 0)), mean);
      // A component is passed once u reaches the weights before it; the first always is, and the last has no upper
      // edge that rounding could put below u. So exactly one is the last to be passed.
      const weightsBefore = cumulativeSum(softmax(logits, 0), 0, { exclusive: true });
      const passed = toFloat(greaterOrEqual(uniform as Tensor, weightsBefore));
      const passedNext = components > 1 ? pad(slice(passed, 1, 1), 1, 0, 1) : 0;
      const isChosen = sub(passed, passedNext);
      return sum(mul(reshape(isChosen, ["batch", components, 1]), fromEach), 1);
    },
    config: () => ({ type: "gaussian-mixture", dim, components }),
  };
}

/**
 * Rows far from one another, each drawn with a chance proportional to its squared distance from those before.
 *
 * @see Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007
 */
function spreadRows(
  sample: Float32Array | Float64Array,
  dim: number,
  count: number,
  random: Random,
): Float64Array {
  const rows = sample.length / dim;
  const chosen = new Float64Array(count * dim);
  const distance = new Float64Array(rows).fill(1);
  for (let k = 0; k < count; k++) {
    let left = random.uniform() * distance.reduce((total, d) => total + d, 0);
    let row = 0;
    while (row < rows - 1 && left >= distance[row]) left -= distance[row++];
    chosen.set(sample.subarray(row * dim, (row + 1) * dim), k * dim);
    for (let other = 0; other < rows; other++) {
      let square = 0;
      for (let d = 0; d < dim; d++) square += (sample[other * dim + d] - sample[row * dim + d]) ** 2;
      distance[other] = k === 0 ? square : Math.min(distance[other], square);
    }
  }
  return chosen;
}
