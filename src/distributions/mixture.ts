// A mixture of whole densities: of flows that each know a part of the data, or the average of flows trained apart.

import { LogdetError } from "../errors.js";
import type { Tensor } from "../tensor/index.js";
import {
  add,
  concat,
  cumulativeSum,
  greaterOrEqual,
  logSoftmax,
  logSumExp,
  parameter,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  toFloat,
  where,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";
import { prefixed } from "./transformed.js";

export interface MixtureOptions {
  /** K densities of one dimension. */
  components: readonly Distribution[];
  /** Weights to start from, K positive numbers; equal ones by default. */
  weights?: readonly number[];
  /** Whether the weights are learned. An average of densities keeps them. */
  learned?: boolean;
}

/**
 * The mixture of K densities: exact, whatever they are.
 *
 *   log p(z) = log Σ_k π_k p_k(z),   π = softmax(logits)
 *
 * z: [batch, D]; log-density: [batch], nats. Cost: that of all components, for draws too. In its gradient the
 * log-determinant of component k counts with the mean responsibility of k, which needs the determinants' values:
 * O(D³) a component and step, little at the widths of tables.
 *
 * @throws LogdetError "usage" without components, "shape" if their dimensions differ.
 * @example const two = mixture({ components: [normal({ dim: 2 }), laplace({ dim: 2 })] })
 */
export function mixture({
  components,
  weights = components.map(() => 1),
  learned = true,
}: MixtureOptions): Distribution {
  const dim = components[0]?.dim;
  if (dim === undefined) throw new LogdetError("usage", "a mixture needs at least one component");
  if (components.some((component) => component.dim !== dim))
    throw new LogdetError("shape", `the components of a mixture must have one dimension, ${dim}`);
  if (weights.length !== components.length || !weights.every((weight) => weight > 0 && weight < Infinity))
    throw new LogdetError("usage", "a mixture needs a positive weight for each component");
  const logits = parameter([components.length], weights.map(Math.log), { trainable: learned });
  const logWeights = logSoftmax(logits, 0);
  /** Which components a row's first uniform reaches, [batch, K]: the last of them is chosen. The first always is. */
  const reached = (uniform: Tensor) =>
    greaterOrEqual(slice(uniform, 1, 0, 1), cumulativeSum(softmax(logits, 0), 0, { exclusive: true }));
  const most = (count: (component: Distribution) => number) => Math.max(...components.map(count));
  const normals = most(({ noise }) => noise.normal);

  return {
    dim,
    parameters: Object.assign(
      { logits },
      ...components.map(({ parameters }, k) => prefixed(`components.${k}`, parameters)),
    ),
    logProb(z, context) {
      const each = components.map((component) => reshape(component.logProb(z, context), ["batch", 1]));
      return logSumExp(add(concat(each, 1), logWeights), 1);
    },
    // One uniform chooses the component; the others are shared by all, since only the chosen one's draw is kept.
    noise: { uniform: 1 + most(({ noise }) => noise.uniform), normal: normals },
    sample: ({ uniform, normal }: Noise, context) =>
      components
        .map(({ noise, sample }) =>
          sample(
            {
              ...(noise.uniform > 0 && { uniform: slice(uniform as Tensor, 1, 1, 1 + noise.uniform) }),
              ...(noise.normal > 0 && { normal: slice(normal as Tensor, 1, 0, noise.normal) }),
            },
            context,
          ),
        )
        .reduce((drawn, next, k) => where(slice(reached(uniform as Tensor), 1, k, k + 1), next, drawn)),
    choice: {
      components,
      logWeights,
      uniforms: 1,
      pick: ({ uniform }: Noise) => sub(sum(toFloat(reached(uniform as Tensor)), 1), 1),
    },
    config: () => ({
      type: "mixture",
      components: components.map((component) => component.config()),
      learned,
    }),
  };
}
