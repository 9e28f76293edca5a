// Conformal p-values where new rows come from elsewhere than the calibration rows, but one knows how much likelier each row
// is there.

import { LogdetError } from "../errors.js";
import { countBelow } from "../runtime/index.js";

export interface WeightedConformalOptions {
  /** Statistics of n calibration rows, in any order; the larger, the stranger. */
  readonly calibration: ArrayLike<number>;
  /** How much likelier each calibration row is among the new rows than among the calibration rows, up to a factor: [n]. */
  readonly calibrationWeights: ArrayLike<number>;
  /** Statistics of m new rows. */
  readonly scores: ArrayLike<number>;
  /** The same ratio of each new row: [m]. */
  readonly weights: ArrayLike<number>;
}

/**
 * The weighted conformal p-value of each new row,
 *
 *   p = (Σ_i w_i [s_i ≥ s] + w) / (Σ_i w_i + w),   w = dP_new(x) / dP_calibration(x)
 *
 * With these weights P(p ≤ α) ≤ α for a new row that is normal by P_new, although the calibration rows are not from there:
 * another machine, another mix of customers. With equal weights it is the ordinary one. Weights that were estimated make
 * it approximate. O((n + m) log n).
 *
 * @returns m numbers in (0, 1]
 * @throws LogdetError "shape" if numbers and weights are not as many, "usage" if a weight is negative or not finite, or all
 * are 0.
 * @see Tibshirani, Barber, Candès and Ramdas, "Conformal prediction under covariate shift", NeurIPS 2019
 * @example weightedPValues({ calibration: [1, 2], calibrationWeights: [1, 3], scores: [1.5], weights: [1] })  // [0.8]
 */
export function weightedPValues({
  calibration,
  calibrationWeights,
  scores,
  weights,
}: WeightedConformalOptions): Float64Array {
  checkWeights(calibration, calibrationWeights, "calibration row");
  checkWeights(scores, weights, "new row");
  const order = Array.from(calibration, (_, i) => i).sort((a, b) => calibration[a] - calibration[b]);
  const sorted = Float64Array.from(order, (i) => calibration[i]);
  /** Weight of the calibration rows from each place of the order on, [n + 1]. */
  const above = new Float64Array(order.length + 1);
  for (let i = order.length - 1; i >= 0; i--) above[i] = above[i + 1] + calibrationWeights[order[i]];
  return Float64Array.from(scores, (score, row) => {
    const total = above[0] + weights[row];
    if (total === 0) throw new LogdetError("usage", "the weights of the calibration rows are all 0");
    // What is not a number is larger than all.
    const place = Number.isNaN(score) ? sorted.length : countBelow(sorted, score);
    return (above[place] + weights[row]) / total;
  });
}

function checkWeights(values: ArrayLike<number>, weights: ArrayLike<number>, what: string): void {
  if (values.length !== weights.length)
    throw new LogdetError(
      "shape",
      `there must be a weight for each ${what}: ${values.length}, but ${weights.length}`,
    );
  for (let i = 0; i < weights.length; i++)
    if (!(weights[i] >= 0 && weights[i] < Infinity))
      throw new LogdetError("usage", `${weights[i]} is no weight: it must be 0 or more, and finite`, {
        where: [`${what} ${i + 1}`],
      });
}
