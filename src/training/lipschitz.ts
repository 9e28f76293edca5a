// A regulariser that keeps small changes of a row small in the latent.

import { LogdetError } from "../errors.js";
import { latentMaps } from "../flows/index.js";
import { add, gradients, input, log, maximum, mean, mul, sub, sum } from "../tensor/index.js";
import type { Penalty } from "./penalty.js";

export interface LipschitzOptions {
  /** Weight of the penalty, in nats. */
  weight: number;
  /** Stretching that costs nothing, L: rows of standardised columns are as wide as their latents, at 1. */
  bound?: number;
}

/** What is taken for zero: the logarithm of a smaller number would have no use, and its slope no bound. */
const tiny = 1e-30;

/**
 * A penalty on local stretching beyond a bound: with the Jacobian J_f(x) of the map to the latent,
 *
 *   weight · mean over rows of  max(0, log(‖J_f(x)ᵀ v‖² / D) − 2 log L)²
 *
 * v: a direction of length √D drawn afresh for every row and step, so that ‖J_fᵀv‖²/D has the mean square of the
 * singular values as its mean. A term in the loss beside the negative log-likelihood: it has its own optimum, short of
 * the likelihood's.
 *
 * Cost: one more pass through the flow and back, differentiated once more; the curves' second derivatives come from
 * their formulas, not from kernels, so a step of a spline flow takes about ten times as long. In a mixture every net is held to the bound.
 *
 * @throws LogdetError "usage" if the weight is negative or the bound not positive.
 * @see Liao and He, "Jacobian determinant of normalizing flows", 2021, on why the map and its inverse should be
 * Lipschitz; Hutchinson, 1989, for the random direction
 * @example const trainer = await Trainer.create(flow, { ...options, penalties: [lipschitz({ weight: 1 })] })
 */
export function lipschitz({ weight, bound = 1 }: LipschitzOptions): Penalty {
  if (!(weight >= 0 && weight < Infinity) || !(bound > 0 && bound < Infinity))
    throw new LogdetError(
      "usage",
      `lipschitz: the weight must be a number of at least 0 and the bound positive, got ${weight} and ${bound}`,
    );
  return {
    name: "lipschitz",
    build(flow, x) {
      const { dim } = flow;
      const direction = input("lipschitz_direction", ["batch", dim]);
      const excesses = latentMaps(flow, x).map(({ latent }) => {
        const [pulled] = gradients(latent, [x], { upstream: direction });
        if (!pulled) throw new LogdetError("usage", "lipschitz: the latent must depend on the rows");
        const stretching = mul(1 / dim, sum(mul(pulled, pulled), 1));
        const excess = maximum(sub(log(add(stretching, tiny)), 2 * Math.log(bound)), 0);
        return mean(mul(excess, excess));
      });
      return {
        value: mul(weight / excesses.length, excesses.reduce(add)),
        noise: (rows, random) => {
          const drawn = random.fillNormal(new Float64Array(rows * dim));
          for (let row = 0; row < drawn.length; row += dim) {
            const v = drawn.subarray(row, row + dim);
            const length = Math.hypot(...v);
            for (let i = 0; i < dim; i++) v[i] *= Math.sqrt(dim) / length;
          }
          return { lipschitz_direction: drawn };
        },
      };
    },
  };
}
