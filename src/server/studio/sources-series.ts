// Series as pictures need them: windows as bands between extremes, and histograms.

import type { Table } from "../../data/index.js";
import type { SeriesAnswer } from "./sources-answers.js";

/** Rows that are shown one by one; of more, so many stretches by their extremes: two numbers each. */
export const mostValues = 2000;
const stretches = mostValues / 2;
/** Histograms reach no farther than this, in standard deviations. */
const reach = 6;
const bins = 60;

/**
 * A window of series of mean 0 and variance 1.
 *
 * @param from the first row, from 1
 */
export function seriesOf({ columns, rows }: Table, from: number, length: number): SeriesAnswer {
  const first = Math.min(from, rows) - 1;
  const count = Math.min(length, rows - first);
  const parts = count <= mostValues ? count : stretches;
  const bounds = Array.from({ length: parts + 1 }, (_, k) => first + Math.floor((k * count) / parts));
  const edges = Array.from({ length: bins + 1 }, (_, k) => reach * ((2 * k) / bins - 1));
  return {
    ...{ from: first + 1, length: count, rows, edges },
    places: bounds.slice(0, -1).map((start, k) => (start + bounds[k + 1] + 1) / 2),
    sources: columns.map(({ name, values }) => {
      const { shares, beyond } = sourceHistogram(values);
      const within = (best: (a: number, b: number) => number) =>
        bounds.slice(0, -1).map((start, k) => rounded(values.subarray(start, bounds[k + 1]).reduce(best)));
      const low = within((a, b) => Math.min(a, b));
      const high = parts === count ? low : within((a, b) => Math.max(a, b));
      return { name, low, high, histogram: shares, beyond };
    }),
  };
}

/** Shares of the rows in bins of equal width from −6 to 6, over that width. */
function sourceHistogram(values: Float64Array): { shares: number[]; beyond: number } {
  const width = (2 * reach) / bins;
  const counts = new Uint32Array(bins);
  let beyond = 0;
  for (const value of values) {
    const bin = Math.floor((value + reach) / width);
    if (bin >= 0 && bin < bins) counts[bin]++;
    else beyond++;
  }
  return { shares: Array.from(counts, (count) => count / values.length / width), beyond };
}

/** Five digits are more than a picture shows. */
const rounded = (value: number) => Number(value.toPrecision(5));
