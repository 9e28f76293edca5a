// When did it start? Windows of rows in order of time, each tested against the reference, the level kept over them all.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { breathe } from "../runtime/breathe.js";
import { countBelow } from "../runtime/index.js";
import { holm } from "./multiple-tests.js";
import { stopIfAsked } from "./permutations.js";

/** A number for every row: a log-density, a column. */
export interface Feature {
  readonly name: string;
  readonly reference: Float64Array;
  /** In order of time. */
  readonly current: Float64Array;
  /** How much of the level is its own. */
  readonly weight: number;
}

export interface WindowOptions {
  /** Rows a window. */
  readonly size: number;
  /** Rows from the start of one to that of the next. */
  readonly step: number;
  readonly alpha: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

export interface WindowTest {
  /** Rows, from 0: from, and up to but not with, to. */
  readonly from: number;
  readonly to: number;
  /** A² of every feature, its p-value, and that adjusted for all windows and features. */
  readonly statistics: Float64Array;
  readonly pValues: Float64Array;
  readonly adjusted: Float64Array;
  readonly shifted: boolean;
}

export interface WindowSeries {
  readonly features: readonly string[];
  readonly windows: readonly WindowTest[];
  /** The first window that has shifted; null if none has. */
  readonly first: number | null;
  /** No p-value is below this. */
  readonly smallestPValue: number;
}

/** Fewer rows would see nothing. */
export const smallestWindow = 8;
/** More draws from the null hypothesis would take minutes. */
const mostDraws = 1_000_000;
/** Less than a second's. */
const cheapDraws = 100_000;

/**
 * Tests every window of `size` rows against the reference, feature by feature, by the two-sample Anderson-Darling
 * statistic, and adjusts the p-values of all by Holm: where nothing moves, some window is called shifted with
 * probability α at most; and where the first k windows are unmoved, so is the probability that one of them is called so.
 *
 * Values that are equal are ranked at random. So under the null hypothesis ranks are a draw without replacement, whatever
 * the feature, and one simulation serves all windows: exact for any size. O(N log N) a feature, O(size) a window and
 * O(size log size) a draw; there are enough draws for the smallest level that Holm's first step asks for.
 *
 * @throws LogdetError "usage" if there are fewer rows than a window has, or more windows than can be told apart
 * @see Pettitt, "A two-sample Anderson-Darling rank statistic", 1976
 */
export async function windowTests(
  features: readonly Feature[],
  { size, step, alpha, random, signal, onProgress }: WindowOptions,
): Promise<WindowSeries> {
  const rows = features[0].current.length;
  const reference = features[0].reference.length;
  if (rows < size)
    throw new LogdetError(
      "usage",
      `a window of ${size} rows is longer than the ${rows} rows of the new table`,
      {
        hint: "Choose a smaller --window.",
      },
    );
  const starts = Array.from({ length: Math.floor((rows - size) / step) + 1 }, (_, w) => w * step);
  const weights = features.map(({ weight }) => weight);
  const share = Math.min(...weights) / weights.reduce((sum, weight) => sum + weight, 0);
  const needed = Math.ceil(starts.length / (alpha * share));
  if (needed > mostDraws)
    throw new LogdetError(
      "usage",
      `${starts.length.toLocaleString("en-US")} windows are too many: a level of ${alpha} over them and ${features.length} features would take p-values below ${1 / mostDraws}`,
      { hint: "Choose a larger --step, or leave out columns." },
    );
  const statistic = windowStatistic(size, reference + size);
  // Twice as many as one rejection takes, so that it does not hang on a single draw; more where that costs nothing.
  const draws = Math.max(2 * needed, Math.min(20 * needed, cheapDraws));
  const nulls = await nullStatistics(statistic, size, reference + size, draws, {
    random: random.split("null"),
    signal,
    onProgress,
  });
  const tests = starts.map((from) => ({
    from,
    statistics: new Float64Array(features.length),
    pValues: new Float64Array(features.length),
  }));
  for (const [f, feature] of features.entries()) {
    const place = placesOf(feature, random.split(feature.name));
    for (const { from, statistics, pValues } of tests) {
      await breathe();
      stopIfAsked(signal);
      statistics[f] = statistic(place(from, from + size));
      pValues[f] = (1 + nulls.length - countBelow(nulls, statistics[f])) / (nulls.length + 1);
    }
  }
  const all = tests.flatMap(({ pValues }) => [...pValues]);
  const adjusted = holm(
    all,
    all.map((_, i) => weights[i % weights.length]),
  );
  const windows = tests.map(({ from, statistics, pValues }, w): WindowTest => {
    const own = adjusted.slice(w * features.length, (w + 1) * features.length);
    return {
      from,
      to: from + size,
      statistics,
      pValues,
      adjusted: own,
      shifted: own.some((p) => p <= alpha),
    };
  });
  const first = windows.findIndex(({ shifted }) => shifted);
  return {
    features: features.map(({ name }) => name),
    windows,
    first: first < 0 ? null : first,
    smallestPValue: 1 / (nulls.length + 1),
  };
}

/**
 * Pettitt's A² from the ranks r_1 < … < r_n, from 1, of a window's n rows among N, without ties:
 *
 *   A² = 1/(n m) Σ_{i<N} (M_i N − n i)² / (i (N − i)),   m = N − n,   M_i = #{r ≤ i}
 *
 * M is constant between ranks, so three running sums over i do for every window: O(n).
 */
export function windowStatistic(n: number, total: number): (ranks: Uint32Array) => number {
  // Sums over i from 1 of 1 / (i (N − i)), i / (…) and i² / (…).
  const sums = [0, 1, 2].map((power) => {
    const running = new Float64Array(total);
    for (let i = 1; i < total; i++) running[i] = running[i - 1] + i ** power / (i * (total - i));
    return running;
  });
  const [constant, linear, quadratic] = sums;
  return (ranks) => {
    let sum = 0;
    for (let k = 0; k <= n; k++) {
      // Here M_i = k, for i from this rank to the one before the next.
      const from = k === 0 ? 0 : ranks[k - 1] - 1;
      const to = k === n ? total - 1 : ranks[k] - 1;
      const a = k * total;
      sum +=
        a * a * (constant[to] - constant[from]) -
        2 * a * n * (linear[to] - linear[from]) +
        n * n * (quadratic[to] - quadratic[from]);
    }
    return sum / (n * (total - n));
  };
}

/** Statistics of windows whose ranks are drawn without replacement, ascending. */
async function nullStatistics(
  statistic: (ranks: Uint32Array) => number,
  size: number,
  total: number,
  draws: number,
  { random, signal, onProgress }: Pick<WindowOptions, "random" | "signal" | "onProgress">,
): Promise<Float64Array> {
  const nulls = new Float64Array(draws);
  const taken = new Uint8Array(total + 1);
  const ranks = new Uint32Array(size);
  for (let draw = 0; draw < draws; draw++) {
    if (draw % 1000 === 0) {
      await breathe();
      stopIfAsked(signal);
      onProgress?.(draw / draws);
    }
    // Floyd's draw without replacement.
    for (let k = 0, top = total - size + 1; k < size; k++, top++) {
      const rank = 1 + random.integer(top);
      ranks[k] = taken[rank] === 1 ? top : rank;
      taken[ranks[k]] = 1;
    }
    for (const rank of ranks) taken[rank] = 0;
    nulls[draw] = statistic(ranks.sort());
  }
  return nulls.sort();
}

/** For each window, the ranks of its rows among themselves and the reference, from 1, ties in random order. */
function placesOf(
  { reference, current }: Feature,
  random: Random,
): (from: number, to: number) => Uint32Array {
  const lots = random.fillUniform(new Float64Array(reference.length + current.length));
  const order = Uint32Array.from(reference.keys()).sort(
    (a, b) => reference[a] - reference[b] || lots[a] - lots[b],
  );
  /** How many of the reference come before. */
  const before = (value: number, lot: number) => {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = order[middle];
      if (reference[other] < value || (reference[other] === value && lots[other] < lot)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const counts = Uint32Array.from(current, (value, i) => before(value, lots[reference.length + i]));
  // Rows of a window stand between the same rows of the reference in any order: only their counts matter.
  return (from, to) =>
    counts
      .slice(from, to)
      .sort()
      .map((count, k) => count + k + 1);
}
