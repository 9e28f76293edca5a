// Categories that depend on each other through hidden classes: true probabilities of rows of one-hot blocks.

import { LogdetError } from "../errors.js";
import {
  add,
  concat,
  constant,
  cumulativeSum,
  exp,
  greaterOrEqual,
  log,
  logSumExp,
  matmul,
  mul,
  pad,
  parameter,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  toFloat,
  transpose,
} from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

export interface LatentClassesOptions {
  /** Slots of each block, in the order of the coordinates. */
  sizes: readonly number[];
  /** Hidden classes, K. Default: as many as there are logarithms of weights, or else 1. */
  classes?: number;
  /** log π, [K]; equal weights by default. */
  logWeights?: Float64Array;
  /** log p_k(slot), row-major [M, K]: M slots of all blocks. Default: all slots of a block alike. */
  logProbabilities?: Float64Array;
  /** Coordinates of slots that have a probability, but that draws never take: categories never seen, say. */
  withheld?: readonly number[] | undefined;
}

/** Where each block begins, and behind the last the number of all slots: [blocks + 1]. */
export function blockStarts(sizes: readonly number[]): number[] {
  const starts = [0];
  for (const size of sizes) starts.push(starts[starts.length - 1] + size);
  return starts;
}

/**
 * The probability of a row of categories under K hidden classes, within each of which the columns are independent.
 *
 *   p(e) = Σ_k π_k Π_j p_k(e_j),   log p(e) = log Σ_k exp(log π_k + (e L)_k)
 *
 * e: [batch, M], a block of one-hot slots for each column; log-probability: [batch], nats. These are probabilities, not
 * densities: over all rows that there can be they add up to 1. With enough classes any joint distribution can be had;
 * one class is independence. The parameters `logWeights`, [K], and `logProbabilities` L, [M, K], are fixed numbers,
 * found by fitLatentClasses. Cost O(batch · M · K).
 *
 * A draw takes 1 + (number of blocks) uniforms: one for the class, one for each block. With withheld slots draws are
 * those of the distribution given that no row has one of them.
 *
 * @throws LogdetError "usage" if a block has no slot that could be drawn, or numbers are not as many as their slots.
 * @see Lazarsfeld and Henry, "Latent structure analysis", 1968
 * @example const rooms = latentClasses({ sizes: [3, 2] })
 */
export function latentClasses({
  sizes,
  classes,
  logWeights,
  logProbabilities,
  withheld = [],
}: LatentClassesOptions): Distribution {
  const starts = blockStarts(sizes);
  const dim = starts[sizes.length];
  const count = classes ?? logWeights?.length ?? 1;
  const isDrawn = Float64Array.from({ length: dim }, (_, slot) => (withheld.includes(slot) ? 0 : 1));
  check(sizes, isDrawn, withheld);
  if ((logWeights ?? { length: count }).length !== count)
    throw new LogdetError("usage", `latent classes: ${count} classes, but ${logWeights?.length} weights`);
  if ((logProbabilities ?? { length: dim * count }).length !== dim * count)
    throw new LogdetError(
      "usage",
      `latent classes: ${dim} slots and ${count} classes take ${dim * count} probabilities, got ${logProbabilities?.length}`,
    );
  const even = () => sizes.flatMap((size) => Array.from({ length: size * count }, () => -Math.log(size)));
  const parameters = {
    logWeights: parameter([count], logWeights ?? new Float64Array(count).fill(-Math.log(count)), {
      trainable: false,
    }),
    logProbabilities: parameter([dim, count], logProbabilities ?? even(), { trainable: false }),
  };

  /** Of each block: its slots up to the last that may be drawn, their weights in each class, [slots, K], 0 if withheld. */
  const drawnBlocks = () => {
    const weights = mul(exp(parameters.logProbabilities), constant(isDrawn, [dim, 1]));
    return sizes.map((size, block) => {
      const last = isDrawn.subarray(starts[block], starts[block] + size).lastIndexOf(1);
      return { size, slots: last + 1, weights: slice(weights, 0, starts[block], starts[block] + last + 1) };
    });
  };

  return {
    dim,
    parameters,
    logProb: (e) => logSumExp(add(matmul(e, parameters.logProbabilities), parameters.logWeights), 1),
    noise: { uniform: 1 + sizes.length, normal: 0 },
    sample({ uniform }: Noise) {
      const blocks = drawnBlocks().map((block) => ({
        ...block,
        total: sum(block.weights, 0, { keep: true }),
      }));
      const at = (position: number) => slice(uniform as Tensor, 1, position, position + 1);
      const reachable = blocks.reduce(
        (sofar, { total }) => (withheld.length > 0 ? add(sofar, reshape(log(total), [count])) : sofar),
        parameters.logWeights as Tensor,
      );
      const isClass = lastReached(at(0), softmax(reachable, 0));
      const hot = blocks.map(({ size, slots, weights, total }, block) => {
        const reach = mul(at(1 + block), matmul(isClass, transpose(total)));
        const isSlot = lastReached(reach, matmul(isClass, transpose(weights)));
        return pad(isSlot, 1, 0, size - slots);
      });
      return concat(hot, 1);
    },
    config: () => ({
      type: "latent-classes",
      sizes: [...sizes],
      classes: count,
      ...(withheld.length > 0 && { withheld: [...withheld] }),
    }),
  };
}

/**
 * The last of some slots that a number reaches, weights added up from the left: one-hot, [batch, slots]. The first is
 * always reached, and the last has no upper edge that rounding could put below the number.
 */
function lastReached(reach: Tensor, weights: Tensor): Tensor {
  const along = weights.rank - 1;
  const before = cumulativeSum(weights, along, { exclusive: true });
  const reached = toFloat(greaterOrEqual(reach, before));
  return weights.shape[along] === 1 ? reached : sub(reached, pad(slice(reached, 1, 1), 1, 0, 1));
}

function check(sizes: readonly number[], isDrawn: Float64Array, withheld: readonly number[]): void {
  if (sizes.length === 0 || !sizes.every((size) => Number.isInteger(size) && size > 0))
    throw new LogdetError("usage", `latent classes: every block needs a slot, got [${sizes.join(", ")}]`);
  const starts = blockStarts(sizes);
  for (const slot of withheld)
    if (!(Number.isInteger(slot) && slot >= 0 && slot < isDrawn.length))
      throw new LogdetError("usage", `latent classes: there is no slot ${slot} to withhold`, {
        hint: `There are ${isDrawn.length}, counted from 0.`,
      });
  for (const [block, size] of sizes.entries())
    if (!isDrawn.subarray(starts[block], starts[block] + size).includes(1))
      throw new LogdetError("usage", `latent classes: block ${block + 1} has no slot left to draw`);
}
