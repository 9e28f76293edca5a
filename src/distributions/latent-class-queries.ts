// Questions to latent classes about some of the columns, answered in closed form: marginals, conditionals, draws.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { blockStarts } from "./latent-classes.js";

/** Slots of each block and the numbers of latentClasses: log π, [K], and log p_k(slot), row-major [M, K]. */
export interface LatentClassTable {
  readonly sizes: readonly number[];
  readonly logWeights: ArrayLike<number>;
  readonly logProbabilities: ArrayLike<number>;
}

/**
 * Which slots a row may have: of each block's slots those whose place is not 0, [M]. One slot of a block is to say that
 * the column is known, all of them that nothing is known of it.
 */
export type Allowed = ArrayLike<number>;

/** What is left of each class: log π_k P_k(allowed), [K], and of each block P_k(allowed), row-major [blocks, K]. */
function remaining({ sizes, logWeights, logProbabilities }: LatentClassTable, allowed: Allowed) {
  const classes = logWeights.length;
  const starts = blockStarts(sizes);
  if (allowed.length !== starts[sizes.length])
    throw new LogdetError("shape", `there are ${starts[sizes.length]} slots, got ${allowed.length}`);
  const logShares = Float64Array.from(logWeights);
  const masses = new Float64Array(sizes.length * classes);
  for (const [block] of sizes.entries())
    for (let k = 0; k < classes; k++) {
      let mass = 0;
      for (let slot = starts[block]; slot < starts[block + 1]; slot++)
        if (allowed[slot]) mass += Math.exp(logProbabilities[slot * classes + k]);
      masses[block * classes + k] = mass;
      // All of a block is certain, whatever float32 made of its probabilities' sum.
      logShares[k] += Math.log(Math.min(mass, 1));
    }
  return { starts, classes, logShares, masses };
}

function logSum(values: Float64Array): number {
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most === Number.NEGATIVE_INFINITY
    ? most
    : most + Math.log(values.reduce((total, value) => total + Math.exp(value - most), 0));
}

/**
 * log P(every block has an allowed slot), nats: with all slots of the unknown columns allowed and one of each known one,
 * the marginal probability of what is known. O(M K)
 */
export function allowedLogProb(table: LatentClassTable, allowed: Allowed): number {
  return logSum(remaining(table, allowed).logShares);
}

/**
 * P(slot | every block has an allowed slot), [M]: of each block's slots they add up to 1. O(M K)
 *
 * @throws LogdetError "numeric" if what is allowed has no probability.
 */
export function slotProbabilities(table: LatentClassTable, allowed: Allowed): Float64Array {
  const { starts, classes, logShares, masses } = remaining(table, allowed);
  const shares = normalised(logShares);
  const result = new Float64Array(allowed.length);
  for (const [block] of table.sizes.entries())
    for (let slot = starts[block]; slot < starts[block + 1]; slot++)
      if (allowed[slot])
        for (let k = 0; k < classes; k++)
          if (shares[k] > 0)
            result[slot] +=
              (shares[k] * Math.exp(table.logProbabilities[slot * classes + k])) /
              masses[block * classes + k];
  return result;
}

/**
 * One slot of each block, counted from 0 within it, drawn from the distribution given that all are allowed. O(M K)
 *
 * @throws LogdetError "numeric" if what is allowed has no probability.
 * @example const [species, sex] = drawSlots(table, [0, 1, 0, 1, 1], random)   // species is the second
 */
export function drawSlots(table: LatentClassTable, allowed: Allowed, random: Random): number[] {
  const { starts, classes, logShares, masses } = remaining(table, allowed);
  const pick = (weights: ArrayLike<number>, total: number): number => {
    let left = random.uniform() * total;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] === 0) continue;
      last = i;
      left -= weights[i];
      if (left < 0) break;
    }
    return last;
  };
  const k = pick(normalised(logShares), 1);
  return table.sizes.map((size, block) =>
    pick(
      Float64Array.from({ length: size }, (_, i) => {
        const slot = starts[block] + i;
        return allowed[slot] ? Math.exp(table.logProbabilities[slot * classes + k]) : 0;
      }),
      masses[block * classes + k],
    ),
  );
}

function normalised(logShares: Float64Array): Float64Array {
  const total = logSum(logShares);
  if (total === Number.NEGATIVE_INFINITY)
    throw new LogdetError("numeric", "latent classes: what is allowed has no probability", {
      hint: "Every block needs an allowed slot.",
    });
  return logShares.map((value) => Math.exp(value - total));
}
