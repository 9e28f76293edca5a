import type { JacobianEstimator } from "./estimator.js";

/**
 * The ordinary gradient: ∇W = xᵀΔ + ḡ W^{-T}.
 *
 * Cost O(B D² + D³): one inverse a layer and step, on the host. Works with every optimizer. Below D of about 256 the
 * inverse is cheaper than everything around it, and nothing is gained by avoiding it.
 */
export const exact: JacobianEstimator = {
  name: "exact",
  summary: "the ordinary gradient, with an inverse a layer and step: O(D³)",
  rules: {},
  update: "add",
  exact: true,
};
