// One column at a time: Kolmogorov and Smirnov's test of numbers, the G-test of categories, Fisher's of missing cells.
// What they cannot see is a change of how columns depend on each other.

import { chiSquaredTail } from "./special-functions.js";

export interface MarginalTest {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Kolmogorov and Smirnov's two-sample test: D = max |F(x) − G(x)|, the p-value by the limit distribution with Stephens'
 * correction for small samples. With ties it is larger than it might be, never smaller. O(N log N).
 *
 * @see Stephens, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics without extensive tables", 1970
 * @example kolmogorovSmirnov(Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)).statistic  // 1
 */
export function kolmogorovSmirnov(x: Float64Array, y: Float64Array): MarginalTest {
  const [a, b] = [x.slice().sort(), y.slice().sort()];
  let statistic = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i], b[j]);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return { statistic, pValue: kolmogorovTail((root + 0.12 + 0.11 / root) * statistic) };
}

/** P(K ≥ λ) = 2 Σ_{k ≥ 1} (−1)^{k−1} e^{−2k²λ²}; for small λ by the series that converges there. */
function kolmogorovTail(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  if (lambda < 1.18) {
    for (let k = 1; k <= 7; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * lambda * lambda));
    return Math.min(1, Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum));
  }
  for (let k = 1; k <= 10; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}

/** Counts expected below this make the limit distribution a guess: such categories are counted together. */
const fewest = 5;

/**
 * The G-test (likelihood ratio) of categories, told by their codes: G = 2 Σ observed · log(observed / expected), chi-squared
 * with one degree of freedom less than there are categories. Categories of which either sample is expected to have fewer
 * than five rows are counted as one.
 *
 * @see Sokal and Rohlf, "Biometry", 2012, §17.4
 */
export function gTest(x: Float64Array, y: Float64Array): MarginalTest {
  const counts = new Map<number, [number, number]>();
  for (const [side, codes] of [x, y].entries())
    for (const code of codes) {
      const pair = counts.get(code) ?? [0, 0];
      pair[side]++;
      counts.set(code, pair);
    }
  const sizes = [x.length, y.length];
  const total = x.length + y.length;
  const share = Math.min(...sizes) / total;
  const isRare = ([a, b]: readonly [number, number]) => (a + b) * share < fewest;
  const pairs = [...counts.values()];
  const rest = pairs.filter(isRare).reduce<[number, number]>(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  const cells: (readonly [number, number])[] = pairs.filter((pair) => !isRare(pair));
  if (rest[0] + rest[1] > 0) cells.push(rest);
  if (cells.length < 2) return { statistic: 0, pValue: 1 };
  let statistic = 0;
  for (const pair of cells)
    for (const [side, observed] of pair.entries())
      if (observed > 0)
        statistic += 2 * observed * Math.log((observed * total) / ((pair[0] + pair[1]) * sizes[side]));
  return { statistic: Math.max(0, statistic), pValue: chiSquaredTail(statistic, cells.length - 1) };
}

/** Tables as likely as the observed one, but for rounding. */
const sameLikelihood = 1e-7;

/**
 * Fisher's exact test of two shares, a of n against b of m: the probability, given a + b, of counts that are at most as
 * likely as these. The statistic is |a/n − b/m|. Valid however rare what is counted is. O(a + b).
 *
 * @see Fisher, "The logic of inductive inference", 1935
 * @example fisherExact([0, 100], [6, 100]).pValue  // 0.029
 */
export function fisherExact(
  [a, n]: readonly [count: number, of: number],
  [b, m]: readonly [count: number, of: number],
): MarginalTest {
  const total = a + b;
  const [least, most] = [Math.max(0, total - m), Math.min(n, total)];
  // Hypergeometric weights, each from the one before.
  const logWeights = new Float64Array(most - least + 1);
  for (let k = least; k < most; k++)
    logWeights[k - least + 1] =
      logWeights[k - least] + Math.log((n - k) / (k + 1)) + Math.log((total - k) / (m - total + k + 1));
  const largest = logWeights.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const observed = logWeights[a - least];
  let [sum, tail] = [0, 0];
  for (const logWeight of logWeights) {
    const weight = Math.exp(logWeight - largest);
    sum += weight;
    if (logWeight <= observed + sameLikelihood) tail += weight;
  }
  return { statistic: Math.abs(a / n - b / m), pValue: Math.min(1, tail / sum) };
}
