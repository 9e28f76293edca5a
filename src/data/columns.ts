// What each column needs before a flow can fit it: constants dropped, discrete columns found and given the width of
// their cells, and the mean and standard deviation with which all are standardised.

import { LogdetError } from "../errors.js";
import { findLattice } from "./lattice.js";
import { count } from "./messages.js";
import { someNames } from "./names.js";
import type { Table } from "./table.js";

/**
 * How one column becomes one coordinate: (value + noise − center) / scale. Plain numbers: this is what a saved
 * model keeps.
 *
 * A value v of a discrete column stands for the cell [v − quantum/2, v + quantum/2); its noise is uniform in
 * ±quantum/2, fresh at each draw. A continuous column has no noise.
 */
export interface ColumnPlan {
  readonly name: string;
  /** The column's place in the table that was analysed. */
  readonly index: number;
  readonly kind: "continuous" | "discrete";
  /** The width of a cell, in the column's units. Discrete columns only. */
  readonly quantum?: number;
  /** Whether every value is `minimum` plus whole quanta, so that drawn values can be rounded to such. Discrete columns only. */
  readonly lattice?: boolean;
  /** What becomes 0, in the column's units: the mean. */
  readonly center: number;
  /** What becomes 1, in the column's units, > 0: the standard deviation, the noise of a discrete column included. */
  readonly scale: number;
  readonly minimum: number;
  readonly maximum: number;
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

/**
 * Plans the columns of a table.
 *
 * A column is discrete if its values are whole numbers, or if more than 5% of the rows have a value that another row
 * has too. The quantum is the step of the decimal lattice the values lie on; without one, or if a fractional one is
 * almost empty, the median gap between neighbouring distinct values. Few coincidental repeats, as in values rounded to many places, leave a column continuous.
 *
 * @throws LogdetError (data) if no column varies
 */
export function analyzeColumns(table: Table): ColumnAnalysis {
  const plans: ColumnPlan[] = [];
  const constants: string[] = [];
  table.columns.forEach(({ name, values }, index) => {
    const sorted = values.slice().sort();
    const minimum = sorted[0];
    const maximum = sorted[sorted.length - 1];
    if (minimum === maximum) {
      constants.push(`${name} (always ${minimum})`);
      return;
    }
    const cells = findCells(sorted);
    const { mean: center, standardDeviation: scale } = moments(values, cells?.quantum ?? 0);
    plans.push({
      name,
      index,
      kind: cells ? "discrete" : "continuous",
      ...cells,
      center,
      scale,
      minimum,
      maximum,
    });
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

/** The width of a discrete column's cells and whether they form a lattice; undefined for a continuous column. */
function findCells(sorted: Float64Array): { quantum: number; lattice: boolean } | undefined {
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
  const lattice = findLattice(Float64Array.from(distinct));
  if (lattice?.integer) return { quantum: lattice.step, lattice: true };
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
  return all;
}
