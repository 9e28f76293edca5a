// Whether drawn rows are like the data's: column by column, and pair by pair. Numbers for the words above the picture.

import type { PairSamples } from "./report-data.js";

/** A column: the largest distance between the distribution functions of data and draws, in [0, 1]. */
export interface ColumnGap {
  readonly name: string;
  readonly distance: number;
}

/** A pair of columns: Spearman's rank correlation in the data and among draws. */
export interface CorrelationGap {
  readonly names: readonly [string, string];
  readonly data: number;
  readonly draws: number;
  /** The difference of Fisher's z = artanh ρ, in standard errors. */
  readonly deviation: number;
}

export interface Agreement {
  readonly columns: readonly ColumnGap[];
  /** What the largest distance of all columns stays below, 95 times of 100, if data and draws are of one distribution. */
  readonly chance: number;
  readonly correlations: readonly CorrelationGap[];
}

/**
 * Compares rows of the data with rows drawn from a model.
 *
 *   distance = sup |F_data − F_draws|,   chance = √(−½ log(0.05 / 2k) · (n + m) / nm)   for k columns
 *
 * Values of discrete columns must be spread over their cells on both sides, or on neither. O(n log n) a column.
 *
 * @param count the first so many columns of `pairs` are compared
 * @see Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", 1990; Fieller, Hartley and Pearson,
 * "Tests for rank correlation coefficients I", 1957 (the standard error √(1.06 / (n − 3)))
 */
export function agreement(pairs: PairSamples, count: number): Agreement | undefined {
  const [n, m] = [pairs.data[0]?.length ?? 0, pairs.samples[0]?.length ?? 0];
  if (n < 4 || m < 4) return undefined;
  const compared = pairs.names
    .slice(0, count)
    .map((name, i) => ({ name, data: pairs.data[i]!, draws: pairs.samples[i]! }));
  const ranked = compared.map(({ name, data, draws }) => ({ name, data: ranks(data), draws: ranks(draws) }));
  const error = Math.sqrt(1.06 / (n - 3) + 1.06 / (m - 3));
  return {
    columns: compared.map(({ name, data, draws }) => ({ name, distance: distance(data, draws) })),
    chance: Math.sqrt((-0.5 * Math.log(0.05 / (2 * compared.length)) * (n + m)) / (n * m)),
    correlations: ranked.flatMap((a, i) =>
      ranked.slice(i + 1).map((b) => {
        const [data, draws] = [correlation(a.data, b.data), correlation(a.draws, b.draws)];
        const deviation = (fisher(data) - fisher(draws)) / error;
        return { names: [a.name, b.name] as const, data, draws, deviation };
      }),
    ),
  };
}

function distance(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, widest] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i]!, second[j]!);
    while (i < first.length && first[i]! <= value) i++;
    while (j < second.length && second[j]! <= value) j++;
    widest = Math.max(widest, Math.abs(i / first.length - j / second.length));
  }
  return widest;
}

/** Ranks from 0, those of equal values averaged. */
function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) result[order[k]!] = (from + to - 1) / 2;
    from = to;
  }
  return result;
}

/** Pearson's; 0 where one of the two never varies. */
function correlation(a: Float64Array, b: Float64Array): number {
  const center = (a.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [u, v] = [a[i]! - center, b[i]! - center];
    ab += u * v;
    aa += u * u;
    bb += v * v;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Held off the ends, where one value would be infinite. */
const fisher = (rho: number): number => Math.atanh(Math.max(-0.999999, Math.min(0.999999, rho)));
