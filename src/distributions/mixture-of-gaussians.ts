// A mixture of Gaussians for each column: the base that takes up what the curves in front leave over.

import { Random } from "../random/index.js";
import type { Tensor } from "../tensor/index.js";
import {
  add,
  composite,
  cumulativeSum,
  exp,
  greaterOrEqual,
  logSoftmax,
  logSumExp,
  mul,
  neg,
  pad,
  parameter,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  toFloat,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { halfLog2Pi } from "./normal.js";

export interface MixtureOfGaussiansOptions {
  /** Number of columns, D. */
  dim: number;
  /** Gaussians a column, K. */
  components?: number;
  /** Draws the first means' noise. */
  random?: Random;
}

/** (z, logits, mean, logScale) ↦ log-density: [batch, D] and thrice [D, K] ↦ [batch]. */
const mixtureLogProb = composite({
  name: "mixtureOfGaussians",
  shapes: ([z]) => [[z.shape[0]]],
  define: ([z, logits, mean, logScale]) => {
    const distance = mul(sub(perComponent(z), mean), exp(neg(logScale)));
    const height = sub(sub(logSoftmax(logits, 1), logScale), halfLog2Pi);
    return [sum(logSumExp(sub(height, mul(0.5, mul(distance, distance))), 2), 1)];
  },
});

/** Columns [batch, D] beside components [D, K]. */
const perComponent = (x: Tensor) => reshape(x, ["batch", x.shape[1], 1]);

/** Noise on the first means, so that no two columns start alike. */
const meanNoise = 0.05;
/** Logarithm of the first standard deviations: a little narrower than 1, because the means are spread. */
const firstLogScale = -0.2;

/**
 * Independent columns, each a mixture of K Gaussians with learned weights, means and standard deviations.
 *
 *   log p(z) = Σ_d log Σ_k π_dk N(z_d; μ_dk, σ_dk²),   π = softmax(logits), σ = exp(logScale)
 *
 * z: [batch, D]; log-density: [batch], nats. Parameters logits, mean, logScale: [D, K].
 *
 * @example const base = mixtureOfGaussians({ dim: 8, components: 3, random: new Random(1) })
 */
export function mixtureOfGaussians({
  dim,
  components = 3,
  random = new Random(0),
}: MixtureOfGaussiansOptions): Distribution {
  const shape = [dim, components];
  const means = random.fillNormal(new Float64Array(dim * components), meanNoise);
  if (components > 1)
    for (let i = 0; i < means.length; i++) means[i] += (2 * (i % components)) / (components - 1) - 1;
  const logits = parameter(shape, new Float64Array(dim * components));
  const mean = parameter(shape, means);
  const logScale = parameter(shape, new Float64Array(dim * components).fill(firstLogScale));

  return {
    dim,
    parameters: { logits, mean, logScale },
    logProb: (z) => mixtureLogProb([z, logits, mean, logScale])[0],
    noise: { uniform: dim, normal: dim },
    sample: ({ uniform, normal }: Noise) => {
      // A component is passed once u reaches the weights before it; the first always is, and the last has no upper
      // edge that rounding could put below u. So exactly one is the last to be passed.
      const weightsBefore = cumulativeSum(softmax(logits, 1), 1, { exclusive: true });
      const passed = toFloat(greaterOrEqual(perComponent(uniform as Tensor), weightsBefore));
      const passedNext = components > 1 ? pad(slice(passed, 2, 1), 2, 0, 1) : 0;
      const isChosen = sub(passed, passedNext);
      const pick = (table: Tensor) => sum(mul(isChosen, table), 2);
      return add(pick(mean), mul(exp(pick(logScale)), normal as Tensor));
    },
    config: () => ({ type: "mixture-of-gaussians", dim, components }),
  };
}
