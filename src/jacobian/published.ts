import { mul } from "../tensor/index.js";
import type { JacobianEstimator } from "./estimator.js";
import { affineDirection, affineLinear } from "./relative-affine.js";

/**
 * The rule of the relative gradient's reference code, for comparison only: db = b (yᵀΔ) + 1ᵀΔ lacks the −b of the
 * affine group.
 *
 * Biased; cost, memory and optimizers as for `relative-affine`. It comes to rest where 1ᵀΔ = −b instead of 0. For a Gaussian with mean m and covariance Σ the fitted density's
 * centre stops half-way between the origin and m, ½ log(1 + ¼ m Σ^{-1} mᵀ) nats short of the optimum.
 */
export const published: JacobianEstimator = {
  name: "published",
  summary:
    "the rule of the paper's reference code (biased: it leaves out a term of the bias); for comparison",
  rules: {
    linear: affineLinear,
    logAbsDet: (node, upstream) => [mul(upstream, node.inputs[0]), undefined],
  },
  update: "add",
  direction: affineDirection,
  exact: false,
};
