// Path gradients in place of an estimator's own: what is left of the gradient when the density's own score, whose mean is
// zero, is not sampled.

import { LogdetError } from "../errors.js";
import type { JacobianEstimator } from "../jacobian/index.js";
import { gradients, mean, mul, neg, stopGradient, sub, sum, type Tensor } from "../tensor/index.js";
import { carryScore } from "./path-score.js";

/**
 * An estimator of the Jacobian term that trains by path gradients.
 *
 * For rows x drawn from a known density a, a map y = f(x) with density q behind it, and an end density b, the loss
 * E[log q(y) − log b(y)] is what a flow's likelihood measures, up to the entropy of a. Its gradient is estimated by
 *
 *   E_x[ ∂_y(log q(y) − log b(y)) · ∂f(x)/∂θ ],
 *
 * along the path of the rows alone, the score of q at y being carried there and held constant. What it leaves out,
 * E[∂ log q(y)/∂θ at fixed y], is zero in the mean but not in a sample: where q = b, every row's path gradient is zero.
 *
 * The rules of dense layers stay what they are, since they act on ∂loss/∂y of a layer: dW = W Wᵀ ∇W (`relative`),
 * G = yᵀΔ (`lie`), without the identity that log|det W| would add. Parameters of b keep their ordinary gradient.
 * Cost: about twice that of the estimator, and an inverse a dense layer and step, O(D³).
 *
 * @param estimator one without a companion: lie, relative, relativeAffine, exact, lu
 * @param startScore the score of a at rows x: [batch, D] -> [batch, D]
 * @throws LogdetError "usage" for an estimator that brings a companion
 * @see Roeder, Wu and Duvenaud, "Sticking the landing", NeurIPS 2017; Vaitl et al., ICLR 2024
 * @example const estimator = pathGradients(lie, (z) => neg(z))
 */
export function pathGradients(
  estimator: JacobianEstimator,
  startScore: (x: Tensor) => Tensor,
): JacobianEstimator {
  if (estimator.accompany)
    throw new LogdetError("usage", `path gradients cannot be had from the estimator ${estimator.name}`, {
      hint: "Choose lie, relative, relative-affine, exact or lu.",
    });
  return {
    ...estimator,
    name: `path-${estimator.name}`,
    summary: `path gradients; ${estimator.summary}`,
    // The factors are those of the whole gradient.
    factors: undefined,
    accompany: ({ flow: { bijection, base }, x, rules }) => {
      if (!bijection || !base)
        throw new LogdetError("usage", "path gradients need a flow of a bijection and a base");
      return {
        gradients(of) {
          const { y, score } = carryScore(bijection, x, startScore(x));
          const [pull] = gradients(sum(base.logProb(y)), [y]);
          const along = pull ? sub(score, pull) : score;
          const path = mean(sum(mul(stopGradient(along), y), 1));
          const end = neg(mean(base.logProb(stopGradient(y))));
          const moved = gradients(path, of, { rules });
          const own = gradients(end, of);
          return moved.map((gradient, i) => gradient ?? own[i]);
        },
      };
    },
  };
}
