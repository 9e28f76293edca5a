// What each column needs before a flow can fit it: constants dropped, discrete columns found and given the width of
// their cells, and the centre and scale with which all are standardised.

import type { ColumnTransform } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import type { ColumnType } from "./column-types.js";
import { findLattice } from "./lattice.js";
import { count } from "./messages.js";
import { nearestName, someNames } from "./names.js";
import { inferNumericType, type NumericType, plainType, planNumericType } from "./numeric-types.js";
import type { DatePart, Table, TableColumn } from "./table.js";

/**
 * How one column becomes coordinates: a number one, (value + noise − center) / scale; a category a block of slots of which
 * one is 1 (coordinates.ts). Plain numbers and words: this is what a saved model keeps.
 *
 * A value v of a discrete column stands for the cell [v − quantum/2, v + quantum/2); its noise is uniform in
 * ±quantum/2, fresh at each draw. A continuous column has no noise.
 */
export interface ColumnPlan {
  readonly name: string;
  /** The column's place in the table that was analysed. */
  readonly index: number;
  readonly kind: "continuous" | "discrete" | "categorical";
  /** What the column holds, inferred or said. */
  readonly type?: ColumnType;
  /** What code k stands for. Categorical columns only. */
  readonly categories?: readonly string[];
  /** True if some cells are missing. Absent otherwise. */
  readonly missing?: true;
  /** The width of a cell, in the column's units. Discrete columns only. */
  readonly quantum?: number;
  /** Whether every value is `minimum` plus whole quanta, so that drawn values can be rounded to such. Discrete columns only. */
  readonly lattice?: boolean;
  /**
   * What becomes 0, in the column's units: the mean, but for bounds and heavy tails (numeric-types.ts). Of a categorical
   * column, 0.
   */
  readonly center: number;
  /**
   * What lies this far above becomes 1, in the column's units, > 0: the standard deviation, the noise of a discrete column
   * included, with the same exceptions. Of a categorical column, 1.
   */
  readonly scale: number;
  /** A curve that a flow should send the coordinate through first, in the coordinate's units. Absent: none. */
  readonly transform?: Exclude<ColumnTransform, { type: "identity" }>;
  readonly minimum: number;
  readonly maximum: number;
}

export interface AnalyzeOptions {
  /** What columns hold, by name, where it is not what it looks like. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /**
   * Whether bounds and heavy tails are looked for, and get a `transform`: for flows that send columns through it. Default:
   * false, only what `types` says.
   */
  readonly infer?: boolean | undefined;
}

export interface ColumnAnalysis {
  /** One a column that varies, in the table's order. */
  readonly plans: readonly ColumnPlan[];
  readonly notices: readonly string[];
}

/** A column with a greater share of rows whose value another row has too is not continuous. */
const REPEATED_SHARE = 0.05;

/** A decimal lattice whose values are this many steps apart is what rounding left, not where the values live. */
const EMPTY_STEPS = 10;

const SECONDS_PER_HOUR = 3600;

/**
 * Plans the columns of a table.
 *
 * A column is discrete if its values are whole numbers, or if more than 5% of the rows have a value that another row
 * has too. The quantum is the step of the decimal lattice the values lie on; without one, or if a fractional one is
 * almost empty, the median gap between neighbouring distinct values. Few coincidental repeats, as in values rounded to many
 * places, leave a column continuous. Times of day in whole seconds or minutes have the step of their date.
 *
 * A column of codes is categorical; cells that are NaN are missing, and are left out of all that is computed. What kind of
 * number a column holds is said in `types` or inferred, see `inferNumericType`; types of columns that are not of numbers were
 * heeded when the table was read.
 *
 * @throws LogdetError (data) if no column varies, or a column is not of the type that is said; (usage) if `types` names a
 *   column that is not in the table
 * @example analyzeColumns(table, { types: { income: "positive" } }).plans
 */
export function analyzeColumns(
  table: Table,
  { types = {}, infer = false }: AnalyzeOptions = {},
): ColumnAnalysis {
  checkTypes(table, types);
  const plans: ColumnPlan[] = [];
  const constants: string[] = [];
  table.columns.forEach((column, index) => {
    const { name, values, categories } = column;
    const sorted = values.slice().sort(); // missing cells, NaN, last
    const missing = sorted.length > 0 && Number.isNaN(sorted[sorted.length - 1]);
    const known = missing ? sorted.subarray(0, sorted.findIndex(Number.isNaN)) : sorted;
    const minimum = known[0];
    const said = typeIn(types, name);
    const maximum = known[known.length - 1];
    if (known.length === 0) {
      constants.push(`${name} (always missing)`);
    } else if (categories === undefined ? minimum === maximum : categories.length === 1 && !missing) {
      const value = categories?.[0] ?? minimum;
      constants.push(`${name} (always ${value}${missing ? " or missing" : ""})`);
    } else {
      const plan = categories
        ? planCategories(categories, said ?? typeIn(table.types, name))
        : planNumbers(column, known, said, infer);
      plans.push({ name, index, ...plan, ...(missing && { missing }) });
    }
  });
  if (plans.length === 0)
    throw new LogdetError("data", `no column varies: ${someNames(constants)}`, {
      hint:
        table.rows === 1
          ? "One row says nothing of a distribution: give more."
          : "A density needs a column that varies.",
    });
  return { plans, notices: notices(plans, constants) };
}

type Plan = Omit<ColumnPlan, "name" | "index" | "missing">;

function planCategories(categories: readonly string[], said: ColumnType = "categorical"): Plan {
  const type = said === "boolean" ? said : "categorical";
  return {
    ...{ kind: "categorical", type, categories },
    ...{ center: 0, scale: 1, minimum: 0, maximum: categories.length - 1 },
  };
}

/** @param sorted the cells that are known, ascending */
function planNumbers(
  { name, values, part }: TableColumn,
  sorted: Float64Array,
  said: ColumnType | undefined,
  infer: boolean,
): Plan {
  const cells = findCells(sorted, part && stepOfTimes(part));
  const known = sorted.length < values.length ? values.filter((value) => !Number.isNaN(value)) : values;
  const quantum = cells?.quantum ?? 0;
  const facts = { name, sorted, quantum, ...moments(known, quantum) };
  return {
    kind: cells ? "discrete" : "continuous",
    ...cells,
    ...planNumericType(facts, isNumeric(said) ? said : infer ? inferNumericType(facts) : plainType(facts)),
    ...{ minimum: sorted[0], maximum: sorted[sorted.length - 1] },
  };
}

const numericTypes: readonly NumericType[] = [
  "continuous",
  "positive",
  "interval",
  "heavy-tailed",
  "integer",
];

function isNumeric(type: ColumnType | undefined): type is NumericType {
  return numericTypes.some((candidate) => candidate === type);
}

/** The type that is said of a column: names are any text, also those of what objects inherit. */
const typeIn = (types: Readonly<Record<string, ColumnType>> = {}, name: string): ColumnType | undefined =>
  Object.hasOwn(types, name) ? types[name] : undefined;

function checkTypes({ columns, sourceColumns }: Table, types: Readonly<Record<string, ColumnType>>): void {
  for (const [name, type] of Object.entries(types)) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined && !sourceColumns.includes(name)) {
      const nearest = nearestName(name, [...sourceColumns, ...columns.map((candidate) => candidate.name)]);
      throw new LogdetError("usage", `there is no column "${name}" to have the type "${type}"`, {
        ...(nearest !== undefined && { hint: `Did you mean "${nearest}"?` }),
      });
    }
    const isOfNumbers = column !== undefined && column.categories === undefined;
    if (column !== undefined && isOfNumbers !== isNumeric(type) && type !== "date")
      throw new LogdetError(
        "usage",
        `the column holds ${isOfNumbers ? "numbers" : "categories"}, which cannot have the type "${type}"`,
        {
          where: [`column ${name}`],
          hint: "Types other than those of numbers are heeded when a table is read from files.",
        },
      );
  }
}

/**
 * The step of a date's hours: minutes and seconds lie on no decimal lattice. Undefined for other parts, and for times finer
 * than a second, which are measured rather than counted.
 */
function stepOfTimes({ part, unit }: DatePart): number | undefined {
  return part === "hour" && unit !== undefined && unit >= 1 ? unit / SECONDS_PER_HOUR : undefined;
}

/**
 * The width of a discrete column's cells and whether they form a lattice; undefined for a continuous column.
 *
 * @param step of a lattice that all values are known to lie on
 */
function findCells(sorted: Float64Array, step?: number): { quantum: number; lattice: boolean } | undefined {
  const distinct: number[] = [];
  const counts: number[] = [];
  let repeated = 0;
  for (let i = 0; i < sorted.length; ) {
    let end = i + 1;
    while (end < sorted.length && sorted[end] === sorted[i]) end++;
    if (end - i > 1) repeated += end - i;
    distinct.push(sorted[i]);
    counts.push(end - i);
    i = end;
  }
  const often = repeated > REPEATED_SHARE * sorted.length;
  const ticks = step && findLattice(Float64Array.from(distinct, (value) => Math.round(value / step)));
  const times = step && ticks ? { step: ticks.step * step, integer: false } : undefined;
  const lattice = findLattice(Float64Array.from(distinct)) ?? times;
  if (lattice?.integer || (times && !often)) return lattice && { quantum: lattice.step, lattice: true };
  if (!often) return undefined;
  const gaps = distinct.slice(1).map((value, i) => value - distinct[i]);
  const medianGap = weightedMedian(
    gaps,
    gaps.map(() => 1),
  );
  if (lattice !== undefined) {
    // Sevenths written with six decimals lie on a lattice of millionths that is all but empty: dequantised by its step
    // they would still be spikes. Only when most rows are far from the next value too: counts may have sparse tails.
    const nearest = distinct.map((_, i) => Math.min(gaps[i - 1] ?? Infinity, gaps[i] ?? Infinity));
    const empty = Math.min(medianGap, weightedMedian(nearest, counts)) >= EMPTY_STEPS * lattice.step;
    if (!empty) return { quantum: lattice.step, lattice: true };
  }
  return { quantum: medianGap, lattice: false };
}

/** The least value that, with those below it, has half of the weight. */
function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  let rest = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  for (const i of order) {
    rest -= weights[i];
    if (rest <= 0) return values[i];
  }
  return values[order[order.length - 1]];
}

/** Mean and standard deviation of values plus uniform noise of width `quantum`, safe from overflow and underflow. */
function moments(values: Float64Array, quantum: number): { mean: number; standardDeviation: number } {
  let largest = quantum;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  // A power of two: dividing by it is exact. At 1e30 a plain sum of squares still fits; at 1e200 it does not.
  const scale = 2 ** Math.floor(Math.log2(largest));
  let sum = 0;
  for (const value of values) sum += value / scale;
  const mean = sum / values.length;
  let squares = 0;
  let rest = 0; // what rounding left of the mean
  for (const value of values) {
    const deviation = value / scale - mean;
    squares += deviation * deviation;
    rest += deviation;
  }
  const variance = (squares - (rest * rest) / values.length) / values.length + (quantum / scale) ** 2 / 12;
  return { mean: (mean + rest / values.length) * scale, standardDeviation: Math.sqrt(variance) * scale };
}

/** Types that change what a fit does to a column, and what that is. */
const unusual: readonly [NumericType, string][] = [
  [
    "positive",
    "Seen on a logarithmic scale: the density ends at zero, and values of every order of magnitude count.",
  ],
  ["interval", "Seen on a logit scale: the density ends at both bounds."],
  ["heavy-tailed", "Seen on a scale that is linear near the median and logarithmic far from it."],
];

function notices(plans: readonly ColumnPlan[], constants: readonly string[]): string[] {
  const all: string[] = [];
  if (constants.length > 0)
    all.push(
      `${count(constants.length, "constant column")} left out: ${someNames(constants)}. ` +
        "A column that never varies has no density and says nothing about a row.",
    );
  const discrete = plans.filter((plan) => plan.kind === "discrete");
  if (discrete.length > 0)
    all.push(
      `${count(discrete.length, "discrete column")} dequantised: ` +
        `${someNames(discrete.map(({ name, quantum }) => `${name} (step ${Number(quantum!.toPrecision(6))})`))}. ` +
        "Values that repeat exactly would get an infinite density, and a fit would chase it; so each is spread evenly " +
        "over its step, with fresh noise at every draw.",
    );
  for (const [type, why] of unusual) {
    const found = plans.filter((plan) => plan.type === type);
    if (found.length > 0)
      all.push(
        `${count(found.length, `${type} column`)}: ${someNames(found.map(({ name }) => name))}. ${why}`,
      );
  }
  return all;
}
