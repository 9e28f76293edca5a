import type { Optimizer } from "./optimizer.js";

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/**
 * Adam: steps scaled element by element with running first and second moments, bias corrected.
 *
 * The scaling does not commute with a change of basis: on the relative gradient dW = W G (estimators `relative`,
 * `relative-affine`) it keeps the fixed points but loses the equivariance and the descent direction's guarantee; in the
 * Lie algebra (`lie`) it loses neither equivariance nor the trust region, but gives a step of full rank, W·step at D³.
 * Under `tracked` it moves everything but the matrices.
 *
 * @see Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1
 * @example const optimizer = adam({ beta2: 0.99 })
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return { ...adamW({ ...options, weightDecay: 0 }), name: "adam" };
}

/**
 * Adam with decoupled weight decay: θ ← θ − η (direction + λ θ).
 *
 * Where the estimator multiplies (`lie`), matrices are not decayed: zero is not a point of the group.
 *
 * @see Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2
 * @example const optimizer = adamW({ weightDecay: 0.01 })
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamOptions & { weightDecay?: number } = {}): Optimizer {
  return {
    name: "adamw",
    slots: ["firstMoment", "secondMoment"],
    update: ({ kernels, target, gradient, slots: [first, second], learningRate, step }) =>
      kernels.adam(
        target.length,
        target.byteOffset,
        gradient.byteOffset,
        first.byteOffset,
        second.byteOffset,
        learningRate,
        beta1,
        beta2,
        epsilon,
        1 - beta1 ** step,
        1 - beta2 ** step,
        weightDecay,
      ),
  };
}
