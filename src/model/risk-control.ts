// A threshold that keeps an expected loss, whatever that is, below a bound: conformal risk control.

import { LogdetError } from "../errors.js";

export interface RiskControlOptions {
  /** Calibration rows, n. */
  readonly rows: number;
  /**
   * The loss of a calibration row at a threshold: in [0, bound], and never more at a larger threshold. What flagging a
   * normal row costs, say, if its score is above the threshold: `(row, t) => (score[row] > t ? cost[row] : 0)`.
   */
  readonly loss: (row: number, threshold: number) => number;
  /** Thresholds to choose from, in any order: the scores of the calibration rows, say. */
  readonly thresholds: ArrayLike<number>;
  /** The largest loss that a row can have. */
  readonly bound: number;
  /** What the expected loss of a new row must not exceed, in the loss's units. */
  readonly level: number;
}

export interface ControlledRisk {
  readonly threshold: number;
  /** (Σ loss + bound) / (n + 1) there: what the expected loss of a new row is at most. */
  readonly risk: number;
}

/**
 * The smallest threshold λ at which
 *
 *   (Σ_i L_i(λ) + B) / (n + 1) ≤ level
 *
 * If a new row is exchangeable with the calibration rows, the expectation of its loss there is at most `level`, in finite
 * samples, whatever the loss and the model. With a loss that is 1 for a flagged row and 0 otherwise, this is the false-alarm
 * rate of conformal p-values. The calibration rows must not have been used to fit the model. O(n log m) losses.
 *
 * @returns undefined if no threshold among those given keeps the level
 * @throws LogdetError "usage" if a loss lies outside [0, bound] or rises with the threshold, or there is nothing to choose
 * from.
 * @see Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal risk control", ICLR 2024
 * @example
 * const scores = model.calibration.scores("density")
 * const loss = (row, t) => (scores[row] > t ? 20 : 0)    // a false alarm costs 20
 * controlRisk({ rows: scores.length, loss, thresholds: scores, bound: 20, level: 0.5 })
 */
export function controlRisk({
  rows,
  loss,
  thresholds,
  bound,
  level,
}: RiskControlOptions): ControlledRisk | undefined {
  if (!(Number.isSafeInteger(rows) && rows > 0) || thresholds.length === 0)
    throw new LogdetError("usage", "risk control needs calibration rows, and thresholds to choose from");
  if (!(bound > 0 && bound < Infinity && level > 0))
    throw new LogdetError("usage", `the level and the bound must be above 0, got ${level} and ${bound}`);
  const sorted = Float64Array.from(thresholds).sort();
  const riskAt = (place: number): number => {
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const value = loss(row, sorted[place]);
      if (!(value >= 0 && value <= bound))
        throw new LogdetError("usage", `a loss of ${value} does not lie between 0 and ${bound}`, {
          where: [`calibration row ${row + 1}`],
        });
      total += value;
    }
    return (total + bound) / (rows + 1);
  };
  let [low, high] = [0, sorted.length - 1];
  const [first, last] = [riskAt(low), riskAt(high)];
  if (last > first)
    throw new LogdetError(
      "usage",
      "the loss rises with the threshold: it must never be more at a larger one",
    );
  if (first <= level) return { threshold: sorted[low], risk: first };
  if (last > level) return undefined;
  let risk = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const there = riskAt(middle);
    if (there <= level) {
      high = middle;
      risk = there;
    } else low = middle;
  }
  return { threshold: sorted[high], risk };
}
