// How a column's values are distributed, in few numbers: what a small picture shows.

import type { CategoryHistogram, NumberHistogram } from "./fit-answers.js";

/** Bars of a picture. */
const bins = 24;
/** A lattice of no more points than this gets a bar a point. */
const mostLatticePoints = 40;
const mostCategories = 12;

/** The share of the cells, at each end, that may be left outside of the bins; and how much narrower these must then be. */
const tail = 0.01;
const muchNarrower = 4;

interface Lattice {
  /** Between neighbouring values. */
  readonly step: number | undefined;
}

/**
 * Counts numbers in 24 bins of one width; a lattice of at most 40 points is counted point by point, a longer one in bins of
 * as many points each. Where a hundredth of the cells at either end takes up most of the range, the bins leave it out, and
 * say so.
 *
 * @param values NaN where missing; undefined if there is none that is not
 * @example numberHistogram(Float64Array.of(1, 2, 2, 3), { step: 1 })?.counts // [1, 2, 1]
 */
export function numberHistogram(values: Float64Array, { step }: Lattice): NumberHistogram | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return undefined;
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const points = step === undefined ? Infinity : Math.round((high - low) / step) + 1;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  const [near, far] = [at(tail), at(1 - tail)];
  const isLopsided = far > near && high - low > muchNarrower * (far - near);
  if (isLopsided && points > mostLatticePoints) return counted(sorted, near, far, bins);
  if (step === undefined) return counted(sorted, low, high, bins);
  // As many points in each bin: otherwise some would seem twice as frequent as others.
  const each = points <= mostLatticePoints ? 1 : Math.ceil(points / bins);
  const size = Math.ceil(points / each);
  const start = low - step / 2;
  return counted(sorted, start, start + size * each * step, size);
}

/**
 * Counts dates in 24 bins of one width.
 *
 * @param milliseconds since 1970, NaN where missing
 */
export function dateHistogram(milliseconds: Float64Array): NumberHistogram | undefined {
  const found = numberHistogram(milliseconds, { step: undefined });
  return found && { ...found, kind: "dates" };
}

/** Counts values in bins from one bound to another; the last takes its upper end, too. */
function counted(sorted: Float64Array, from: number, to: number, size: number): NumberHistogram {
  const counts = new Array<number>(size).fill(0);
  let [below, above] = [0, 0];
  for (const value of sorted)
    if (value < from) below++;
    else if (value > to) above++;
    // Halves first: the difference of two large numbers may overflow.
    else counts[Math.min(size - 1, Math.floor(((value / 2 - from / 2) / (to / 2 - from / 2 || 1)) * size))]++;
  return { kind: "numbers", from, to, counts, below, above };
}

/**
 * Counts categories: the 12 most frequent, and the others together.
 *
 * @param codes k for `categories[k]`, NaN where missing
 */
export function categoryHistogram(codes: Float64Array, categories: readonly string[]): CategoryHistogram {
  const counts = new Array<number>(categories.length).fill(0);
  for (const code of codes) if (code < counts.length) counts[code]++;
  const order = counts.map((_, code) => code).sort((a, b) => counts[b] - counts[a]);
  const shown = order.slice(0, mostCategories);
  return {
    kind: "categories",
    names: shown.map((code) => categories[code]),
    counts: shown.map((code) => counts[code]),
    otherCategories: order.length - shown.length,
    otherCells: order.slice(mostCategories).reduce((sum, code) => sum + counts[code], 0),
  };
}
