// The values of a column in two samples, counted on the same bars.

import type { SampledColumn } from "../../drift/index.js";
import type { ColumnDistribution, DistributionBar } from "./drift-answers.js";

const mostBins = 30;
/** Columns of numbers with no more different values are shown value by value. */
const mostValues = 24;
const mostCategories = 20;
/** Share of either tail that does not stretch the axis: it is counted in the outermost bins. */
const tail = 0.005;

export function distributionOf(column: SampledColumn): ColumnDistribution {
  const [reference, current] = [known(column.reference), known(column.current)];
  const share = (some: Float64Array, all: Float64Array) => (all.length - some.length) / all.length;
  const missing = [share(reference, column.reference), share(current, column.current)] as const;
  const common = { column: column.name, missing };
  if (column.categories)
    return { ...common, kind: "categories", isCut: false, bars: categoryBars(column, reference, current) };
  const all = new Float64Array(reference.length + current.length);
  all.set(reference);
  all.set(current, reference.length);
  all.sort();
  const values = distinct(all, mostValues);
  if (values) return { ...common, kind: "values", isCut: false, bars: valueBars(values, reference, current) };
  const [low, high] = [all[Math.floor(tail * all.length)], all[Math.ceil((1 - tail) * all.length) - 1]];
  // A spike with far tails: all of its range is better than nothing.
  const isNarrow = !(high > low);
  const [from, to] = isNarrow ? [all[0], all[all.length - 1]] : [low, high];
  const bars = binBars(from, to, reference, current);
  return { ...common, kind: "bins", isCut: from > all[0] || to < all[all.length - 1], bars };
}

const known = (values: Float64Array) => values.filter((value) => !Number.isNaN(value));

/** The different values of a sorted list; undefined if there are more than so many. */
function distinct(sorted: Float64Array, most: number): number[] | undefined {
  const values: number[] = [];
  for (const value of sorted) {
    if (value === values.at(-1)) continue;
    if (values.length === most) return undefined;
    values.push(value);
  }
  return values;
}

const short = (value: number) => String(Number(value.toPrecision(4)));

function valueBars(
  values: readonly number[],
  reference: Float64Array,
  current: Float64Array,
): DistributionBar[] {
  const place = new Map(values.map((value, i) => [value, i]));
  const [before, after] = [reference, current].map((sample) =>
    shares(sample, values.length, (value) => place.get(value) ?? 0),
  );
  return values.map((value, i) => ({
    ...{ label: short(value), from: value, to: value, reference: before[i], current: after[i] },
  }));
}

function binBars(
  from: number,
  to: number,
  reference: Float64Array,
  current: Float64Array,
): DistributionBar[] {
  const width = (to - from) / mostBins;
  const bin = (value: number) => Math.max(0, Math.min(mostBins - 1, Math.floor((value - from) / width)));
  const [before, after] = [reference, current].map((sample) => shares(sample, mostBins, bin));
  return Array.from({ length: mostBins }, (_, i) => {
    const [start, end] = [from + i * width, i + 1 === mostBins ? to : from + (i + 1) * width];
    const label = `${short(start)} to ${short(end)}`;
    return { label, from: start, to: end, reference: before[i], current: after[i] };
  });
}

/** The most frequent categories, and the others as one. */
function categoryBars(
  { categories = [] }: SampledColumn,
  reference: Float64Array,
  current: Float64Array,
): DistributionBar[] {
  const count = categories.length + 1;
  const [before, after] = [reference, current].map((sample) => shares(sample, count, (code) => code));
  const present = Array.from({ length: count }, (_, code) => code).filter(
    (code) => before[code] + after[code] > 0,
  );
  const byShare = present.toSorted((a, b) => before[b] + after[b] - before[a] - after[a]);
  const isMany = byShare.length > mostCategories;
  const own = byShare.slice(0, isMany ? mostCategories - 1 : mostCategories);
  const rest = byShare.slice(own.length);
  const total = (of: Float64Array) => rest.reduce((sum, code) => sum + of[code], 0);
  const bars = own.map((code) => ({
    label: categories[code] ?? "(never seen)",
    ...{ reference: before[code], current: after[code] },
  }));
  if (rest.length > 0)
    bars.push({ label: `${rest.length} others`, reference: total(before), current: total(after) });
  return bars.map((bar, i) => ({ ...bar, from: i, to: i }));
}

/** The share of a sample in each of so many places. */
function shares(sample: Float64Array, count: number, placeOf: (value: number) => number): Float64Array {
  const found = new Float64Array(count);
  for (const value of sample) found[placeOf(value)]++;
  return found.map((rows) => rows / Math.max(1, sample.length));
}
