// Two variants of Adam that take one of its properties away: for the lab only.

import { adam, type Optimizer } from "../../optimizers/index.js";

/**
 * Adam with one second moment for all elements of a range in place of one each: v ← β₂ v + (1 − β₂) mean g². The step
 * has the direction of the averaged gradient; no element is rescaled against another. Under `lie` a range is a matrix,
 * otherwise it is all numbers of the net.
 *
 * @example const optimizer = oneMomentAdam()
 */
export function oneMomentAdam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}): Optimizer {
  return {
    name: "adam-one-moment",
    slots: ["firstMoment", "secondMoment"],
    update: ({ kernels, target, gradient, slots: [first, second], learningRate, step }) => {
      const count = gradient.length;
      kernels.scale(count, first.byteOffset, beta1);
      kernels.addScaled(count, first.byteOffset, gradient.byteOffset, 1 - beta1);
      second[0] =
        beta2 * second[0] + ((1 - beta2) * kernels.sumOfSquares(count, gradient.byteOffset)) / count;
      const size = Math.sqrt(second[0] / (1 - beta2 ** step)) + epsilon;
      const factor = learningRate / (1 - beta1 ** step) / size;
      kernels.addScaled(count, target.byteOffset, first.byteOffset, -factor);
    },
  };
}

/**
 * Adam as the reference code calls it: its step number, of which the bias corrections are made, is the epoch's. The
 * rate is then 0.15 to 0.3 of the nominal one for about a thousand epochs.
 *
 * @example const optimizer = epochAdam(40)
 */
export function epochAdam(stepsPerEpoch: number): Optimizer {
  const inner = adam();
  return {
    ...inner,
    name: "adam-epoch-number",
    update: (range) => inner.update({ ...range, step: Math.ceil(range.step / stepsPerEpoch) }),
  };
}
