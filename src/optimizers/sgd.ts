import type { Optimizer } from "./optimizer.js";

export interface SgdOptions {
  /** Heavy-ball momentum μ in [0, 1). */
  momentum?: number;
}

/**
 * Stochastic gradient descent with momentum: v ← μ v + g, θ ← θ − η v.
 *
 * Linear in the gradients, so it keeps the equivariance of relative gradients and, without momentum, their low rank: a
 * step of `lie` is then applied for 2 B D² in place of D³. Momentum adds up the ranks of many batches and pays D³.
 *
 * @see Polyak, "Some methods of speeding up the convergence of iteration methods", 1964
 * @example const optimizer = sgd({ momentum: 0.9 })
 */
export function sgd({ momentum = 0.9 }: SgdOptions = {}): Optimizer {
  return {
    name: "sgd",
    slots: ["velocity"],
    plain: momentum === 0,
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

/**
 * Plain gradient descent, θ ← θ − η g: what is proved of relative gradients is proved of this.
 *
 * @example const optimizer = descent()
 */
export function descent(): Optimizer {
  return { ...sgd({ momentum: 0 }), name: "descent" };
}
