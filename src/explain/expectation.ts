// What a profile says of its column: which value the rest lets expect, and how strange the observed one is.

import { cellMass, cellMasses, logSumExp, type Profile } from "./profile.js";

/** Differences of log-densities below this may be float32's rounding, in nats per nat of the density. */
const rounding = 1e-5;

/** The likeliest value, and its log-density. */
export function modeOf({ values, logProb }: Profile): { value: number; logProb: number } {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (logProb[i] > logProb[best]) best = i;
  return { value: values[best] ?? Number.NaN, logProb: logProb[best] ?? Number.NaN };
}

/** log ∫ p(x) dx_d: the log-density of the rest of the row; of categories and lattice points, the log of their sum. */
export function logMass(profile: Profile): number {
  return logSumExp(
    profile.exact ? profile.logProb : [...cellMasses(profile.values, profile.logProb), ...tails(profile)],
  );
}

/**
 * How surprising the observed value is given the rest of the row:
 *
 *   −log P( p(X_d | rest) ≤ p(x_d | rest) ),   X_d drawn given the rest
 *
 * In nats: 0 for the likeliest value; 3 for one that 5 % of values are as unlikely as.
 */
export function surpriseOf(profile: Profile): number {
  const { values, logProb, observed, exact } = profile;
  const level = observed.logProb + rounding * (1 + Math.abs(observed.logProb));
  const parts: number[] = [];
  if (exact) for (const value of logProb) parts.push(value <= level ? value : Number.NEGATIVE_INFINITY);
  else {
    for (let i = 0; i + 1 < values.length; i++) {
      const [low, high] = [Math.min(logProb[i], logProb[i + 1]), Math.max(logProb[i], logProb[i + 1])];
      if (low > level) continue;
      const width = values[i + 1] - values[i];
      const share = high <= level ? 1 : (level - low) / (high - low);
      if (share > 0) parts.push(cellMass(share * width, low, Math.min(high, level)));
    }
    // Beyond the outermost values the density falls: what is there is at most as likely as they are.
    const ends = [logProb[0], logProb[logProb.length - 1]];
    for (const [side, tail] of tails(profile).entries()) parts.push(tail - Math.max(0, ends[side] - level));
  }
  return Math.max(0, logMass(profile) - logSumExp(parts));
}

/** The log of the mass beyond the outermost values, where the density goes on falling as in the outermost cells. */
function tails({ values, logProb }: Profile): number[] {
  const n = values.length;
  if (n < 2) return [];
  const tail = (end: number, inner: number) => {
    const slope = (logProb[inner] - logProb[end]) / Math.abs(values[inner] - values[end]);
    return slope > 0 ? logProb[end] - Math.log(slope) : Number.NEGATIVE_INFINITY;
  };
  return [tail(0, 1), tail(n - 1, n - 2)];
}
