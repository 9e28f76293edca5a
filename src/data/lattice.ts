// Does a column live on a lattice, and with what step? Counted, rounded and binned values do; measured ones with all
// their digits do not.

/** Most decimal places looked for. */
const MAX_DECIMALS = 9;

/** Relative rounding errors of the values: of decimal text read as float64, then of the same kept as float32. */
const ROUNDINGS = [2 ** -50, 2 ** -23];

export interface Lattice {
  /** All values differ by multiples of this. */
  readonly step: number;
  /** All values are whole numbers. */
  readonly integer: boolean;
}

/**
 * The lattice of values that are whole multiples of 10^-k for some k = 0 … 9, up to rounding: its step is the greatest
 * common divisor of their differences. Undefined if there is no such k.
 *
 * @param distinct at least two values, ascending, each once
 */
export function findLattice(distinct: Float64Array): Lattice | undefined {
  const largest = Math.max(Math.abs(distinct[0]), Math.abs(distinct[distinct.length - 1]));
  if (largest < 2 ** 53 && distinct.every(Number.isInteger))
    return { step: commonDivisor(distinct), integer: true };
  for (const rounding of ROUNDINGS) {
    for (let k = 1; k <= MAX_DECIMALS; k++) {
      const scale = 10 ** k;
      // When rounding alone reaches a lattice this fine, being close to it means nothing.
      if (rounding * largest * scale > 1 / 64) break;
      const onLattice = (value: number) =>
        Math.abs(value * scale - Math.round(value * scale)) <= rounding * Math.abs(value * scale);
      if (distinct.every(onLattice))
        return {
          step: commonDivisor(distinct.map((value) => Math.round(value * scale))) / scale,
          integer: false,
        };
    }
  }
  return undefined;
}

/** The greatest common divisor of the differences of whole numbers below 2^53. */
function commonDivisor(ascending: Float64Array): number {
  let divisor = 0;
  for (let i = 1; i < ascending.length && divisor !== 1; i++) {
    let [a, b] = [ascending[i] - ascending[i - 1], divisor];
    while (b !== 0) [a, b] = [b, a % b];
    divisor = a;
  }
  return divisor;
}
