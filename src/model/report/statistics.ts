// The few statistics that the pictures and the sentences share.

/** The share of held-out rows that the report marks as the least likely. */
export const lowestShare = 0.01;

/** A bar of a histogram over [from, to). */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The finite values, in increasing order. */
export function sortedFinite(values: readonly number[]): number[] {
  return values.filter(Number.isFinite).sort((a, b) => a - b);
}

/** Quantile of values in increasing order, with linear interpolation (definition 7 of Hyndman and Fan, 1996). */
export function quantile(sorted: readonly number[], probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** Counts of the values in `count` equal bins over [from, to]; the last bin holds `to` itself. Others are left out. */
export function histogram(values: readonly number[], from: number, to: number, count: number): Bin[] {
  const counts = new Array<number>(count).fill(0);
  const width = (to - from) / count;
  for (const value of values)
    if (value >= from && value <= to) counts[Math.min(count - 1, Math.floor((value - from) / width))]!++;
  return counts.map((inside, i) => ({
    from: from + i * width,
    to: i === count - 1 ? to : from + (i + 1) * width,
    count: inside,
  }));
}

/** Positions of at most `limit` items spread evenly over `length` of them. Takes no random numbers. */
export function spread(length: number, limit: number): number[] {
  const count = Math.min(length, limit);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}
