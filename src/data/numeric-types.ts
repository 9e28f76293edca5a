// What kind of number a column holds, and with that its centre, its scale and the curve that a flow sends it through first.

import type { ColumnTransform } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import { type ColumnType, typesFlag } from "./column-types.js";
import type { Support } from "./normal-scores.js";

export type NumericType = Extract<
  ColumnType,
  "continuous" | "positive" | "interval" | "heavy-tailed" | "integer"
>;

/** A column of numbers, as it becomes a coordinate. */
export interface NumericPlan {
  readonly type: NumericType;
  readonly center: number;
  readonly scale: number;
  /** In units of the coordinate; absent where there is none. */
  readonly transform?: Exclude<ColumnTransform, { type: "identity" }>;
}

export interface NumericColumnFacts {
  readonly name: string;
  /** The known values, ascending; not all the same. */
  readonly sorted: Float64Array;
  /** Width of a cell; 0 for a continuous column. */
  readonly quantum: number;
  readonly mean: number;
  readonly standardDeviation: number;
}

/** With fewer rows the shape of a tail cannot be told. */
const FEWEST_ROWS = 1000;

/** A column ≥ 0 is "positive" if its 99.9 % quantile is this many medians: a lognormal one of σ > 1.85. */
const POSITIVE_SPAN = 300;

/**
 * A column is "heavy-tailed" if its 0.1 % or 99.9 % quantile is this many interquartile ranges, or cells, from its median: a
 * normal one has 2.3, Student's t 6.7 with three degrees of freedom, 14 with two and 159 with one.
 */
const HEAVY_SPAN = 100;

/**
 * Bounds of shares; a column is one if so many of its values are this close to each, as a share of their distance. Of columns
 * that were stretched to fill an interval hardly any are.
 */
const NATURAL_BOUNDS = [1, 100];
const CLOSE_TO_BOUND = 0.02;
const FEWEST_CLOSE = 0.002;

/** A bound lies at least this share of an interval outside, for float32 to tell values from it. */
const LEAST_MARGIN = 1e-5;

/**
 * What a column's values look like. Only what clearly pays is inferred: "interval" where values fill [0, 1] or [0, 100] up to
 * both ends, "positive" where continuous ones ≥ 0 span orders of magnitude, "heavy-tailed" where quantiles far out are
 * much farther than those of a t distribution with two degrees of freedom.
 */
export function inferNumericType(facts: NumericColumnFacts): NumericType {
  const { sorted, quantum } = facts;
  if (sorted.length < FEWEST_ROWS) return plainType(facts);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  if (NATURAL_BOUNDS.some((bound) => quantum <= CLOSE_TO_BOUND * bound && fills(sorted, bound)))
    return "interval";
  const [lower, median, upper] = [at(0.25), at(0.5), at(0.75)];
  if (quantum === 0 && sorted[0] >= 0 && at(0.999) > POSITIVE_SPAN * median) return "positive";
  // With many rows on one value there is no middle to be linear in.
  if (lower === median || median === upper) return plainType(facts);
  const farthest = Math.max(at(0.999) - median, median - at(0.001));
  return farthest > HEAVY_SPAN * Math.max(upper - lower, quantum) ? "heavy-tailed" : plainType(facts);
}

/** Whether ascending values lie between 0 and a bound, and some of them close to each. */
function fills(sorted: Float64Array, bound: number): boolean {
  const [minimum, maximum] = [sorted[0], sorted[sorted.length - 1]];
  const [low, high] = [CLOSE_TO_BOUND * bound, (1 - CLOSE_TO_BOUND) * bound];
  if (minimum < 0 || minimum > low || maximum > bound || maximum < high) return false;
  const n = sorted.length;
  const share = Math.floor(FEWEST_CLOSE * n);
  return sorted[share] <= low && sorted[n - 1 - share] >= high;
}

/** The type of a column about whose shape nothing is said: "integer" if its values are whole numbers. */
export function plainType({ sorted, quantum }: NumericColumnFacts): NumericType {
  return quantum > 0 && sorted.every(Number.isInteger) ? "integer" : "continuous";
}

/**
 * How a column of a type becomes a coordinate.
 *
 * Bounds lie a margin outside of the natural ones, so that a value on a bound has a finite density: half the smallest
 * positive distance to it; of an interval, half a row's share of its length, 1/(2n); of a discrete column, half a cell
 * beyond the edge of the cell.
 *
 * @throws LogdetError (data) if the values are not of the type
 */
export function planNumericType(facts: NumericColumnFacts, type: NumericType): NumericPlan {
  switch (type) {
    case "positive":
      return planPositive(facts);
    case "interval":
      return planInterval(facts);
    case "heavy-tailed":
      return planHeavyTailed(facts);
    case "integer":
      if (!facts.sorted.every(Number.isInteger)) throw notOfType(facts, type, "whole numbers");
      break;
    case "continuous":
  }
  return { type, center: facts.mean, scale: facts.standardDeviation };
}

/** Where a coordinate with such a curve can be. */
export function supportOf(transform: ColumnTransform | undefined): Support {
  switch (transform?.type) {
    case "log":
      return { lower: transform.bound };
    case "log-below":
      return { upper: transform.bound };
    case "logit":
      return { lower: transform.lower, upper: transform.upper };
    default:
      return {};
  }
}

function planPositive(facts: NumericColumnFacts): NumericPlan {
  const { sorted, quantum, standardDeviation: scale } = facts;
  const isNegative = sorted[sorted.length - 1] <= 0;
  if (!isNegative && sorted[0] < 0) throw notOfType(facts, "positive", "numbers of one sign");
  // Zero stays zero: close to it float32 has all its digits.
  const distances = isNegative ? sorted.map((value) => -value) : sorted;
  const closest = distances.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), Infinity);
  const margin = Math.max(quantum, closest / 2) / scale;
  return {
    type: "positive",
    ...{ center: 0, scale },
    transform: isNegative ? { type: "log-below", bound: margin } : { type: "log", bound: -margin },
  };
}

/** Between 0 and 1, or 0 and 100, where values reach the upper half of that; else between the outermost values. */
function planInterval(facts: NumericColumnFacts): NumericPlan {
  const { sorted, quantum } = facts;
  const [minimum, maximum] = [sorted[0], sorted[sorted.length - 1]];
  const isWithin = (bound: number) => minimum >= 0 && maximum <= bound && maximum > bound / 2;
  const natural = NATURAL_BOUNDS.find(isWithin);
  const [center, upper] = natural === undefined ? [minimum, maximum] : [0, natural];
  const scale = upper - center;
  const margin = Math.max(quantum / scale, 0.5 / sorted.length, LEAST_MARGIN);
  return {
    type: "interval",
    ...{ center, scale },
    transform: { type: "logit", lower: -margin, upper: 1 + margin },
  };
}

function planHeavyTailed({ sorted, quantum, standardDeviation }: NumericColumnFacts): NumericPlan {
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  // The interquartile range is 1.349 standard deviations of a normal column.
  const width = Math.max((at(0.75) - at(0.25)) / 1.349, quantum);
  return {
    type: "heavy-tailed",
    center: at(0.5),
    scale: width > 0 ? width : standardDeviation,
    transform: { type: "asinh", width: 1 },
  };
}

function notOfType({ name, sorted }: NumericColumnFacts, type: NumericType, wanted: string): LogdetError {
  const wrong = type === "integer" ? sorted.find((value) => !Number.isInteger(value)) : sorted[0];
  return new LogdetError("data", `a column of type "${type}" holds ${wanted}, got ${wrong}`, {
    where: [`column ${name}`],
    hint: `Leave its type out, or take it for any number: ${typesFlag(name, "continuous")}`,
  });
}
