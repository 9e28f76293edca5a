import type { Optimizer } from "./optimizer.js";

export interface SgdOptions {
  /** Heavy-ball momentum μ in [0, 1). */
  momentum?: number;
}

/**
 * Stochastic gradient descent with momentum: v ← μ v + g, θ ← θ − η v.
 *
 * Rotates with the parameters, so it keeps the equivariance of relative gradients.
 *
 * @see Polyak, "Some methods of speeding up the convergence of iteration methods", 1964
 * @example const optimizer = sgd({ momentum: 0.9 })
 */
export function sgd({ momentum = 0.9 }: SgdOptions = {}): Optimizer {
  return {
    name: "sgd",
    slots: ["velocity"],
    update: ({ kernels, target, gradient, slots: [velocity], learningRate }) =>
      kernels.sgd(
        target.length,
        target.byteOffset,
        gradient.byteOffset,
        velocity.byteOffset,
        learningRate,
        momentum,
        0,
      ),
  };
}
