// How a column changed, in words.

import { knownOf } from "./column-test.js";
import type { SampledColumn } from "./samples.js";

export interface Change {
  /** "mean from 3.1 to 4.2", "x from 10 % to 25 % of the rows", … */
  readonly words: string;
  /** Means and standard deviations; shares of the category that changed most; where cells are missing, their share. */
  readonly from: Readonly<Record<string, number>>;
  readonly to: Readonly<Record<string, number>>;
}

/** A mean that moved by less than this many standard deviations, or a spread by less than this factor, is no news. */
const notableMean = 0.1;
const notableSpread = 1.1;

/** What is most conspicuous about two samples of a column. */
export function changeOf({ reference, current, categories }: SampledColumn): Change {
  const [x, y] = [knownOf(reference), knownOf(current)];
  const change =
    x.length === 0 || y.length === 0
      ? { words: "all cells are missing in one of the tables", from: {}, to: {} }
      : categories
        ? categoryChange(x, y, categories)
        : numberChange(x, y);
  const [before, after] = [1 - x.length / reference.length, 1 - y.length / current.length];
  if (before === 0 && after === 0) return change;
  const from = { ...change.from, missing: before };
  const to = { ...change.to, missing: after };
  // The share is the mean of a number that is 0 or 1.
  const spread = Math.sqrt(Math.max(before * (1 - before), after * (1 - after)));
  if (Math.abs(after - before) <= notableMean * spread) return { ...change, from, to };
  return {
    words: `missing from ${percent(before)} to ${percent(after)} of the rows; ${change.words}`,
    from,
    to,
  };
}

function numberChange(reference: Float64Array, current: Float64Array): Change {
  const [from, to] = [momentsOf(reference), momentsOf(current)];
  const spread = Math.max(from.standardDeviation, to.standardDeviation);
  const words: string[] = [];
  if (Math.abs(to.mean - from.mean) > notableMean * spread)
    words.push(`mean from ${short(from.mean)} to ${short(to.mean)}`);
  const least = Math.min(from.standardDeviation, to.standardDeviation);
  if (spread > notableSpread * least)
    words.push(
      `${to.standardDeviation > from.standardDeviation ? "wider" : "narrower"}: standard deviation from ` +
        `${short(from.standardDeviation)} to ${short(to.standardDeviation)}`,
    );
  return { words: words.join("; ") || "mean and spread about the same", from, to };
}

function momentsOf(values: Float64Array) {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  return { mean, standardDeviation: Math.sqrt(squares) };
}

function categoryChange(
  reference: Float64Array,
  current: Float64Array,
  categories: readonly string[],
): Change {
  const shares = (codes: Float64Array) => {
    const counts = new Float64Array(categories.length + 1);
    for (const code of codes) counts[code] += 1 / codes.length;
    return counts;
  };
  const [before, after] = [shares(reference), shares(current)];
  const change = (code: number) => Math.abs(after[code] - before[code]);
  const most = before.reduce((best, _, code) => (change(code) > change(best) ? code : best), 0);
  const name = categories[most] ?? "an unknown category";
  return {
    words: `${name} from ${percent(before[most])} to ${percent(after[most])} of the rows`,
    from: { [name]: before[most] },
    to: { [name]: after[most] },
  };
}

const short = (value: number) => String(Number(value.toPrecision(4)));
const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
