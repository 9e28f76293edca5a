// Columns that are exact linear combinations of others: together they fill no volume, so their joint density is infinite.

import type { ColumnPlan } from "./columns.js";
import type { Table } from "./table.js";

export interface Collinearity {
  /** The columns that follow from columns before them. */
  readonly columns: readonly string[];
  /** One a column, in words: "c = 2 a - b + 3". */
  readonly equations: readonly string[];
}

/** The share of a column's variance that may be left unexplained by columns it "exactly" follows from. */
const TOLERANCE = 1e-10;

/** Rows looked at beyond one a column; what they show is then confirmed on all rows. */
const SPARE_ROWS = 256;

/** Coefficients of standardised columns below this are rounding. */
const NEGLIGIBLE = 1e-5;

/**
 * Finds columns that are exact linear combinations of columns before them, by a Cholesky factorisation of the
 * correlation matrix in float64 that sets dependent columns aside.
 *
 * Only continuous columns count: the noise of a dequantised column is its own. With no more rows than columns every
 * column would be a combination of others, which tells nothing: the answer is then undefined.
 * Cost O(D³) for D continuous columns, independent of the number of rows but for confirming.
 *
 * @example findCollinear(table, plans)?.equations // ["total = north + south"]
 */
export function findCollinear(table: Table, plans: readonly ColumnPlan[]): Collinearity | undefined {
  const continuous = plans.filter((plan) => plan.kind === "continuous");
  const rows = Math.min(table.rows, continuous.length + SPARE_ROWS);
  if (continuous.length < 2 || rows <= continuous.length + 1) return undefined;

  const samples = continuous.map((plan) => sample(valuesOf(table, plan), plan, rows));
  const pivots: number[] = [];
  const factor: Float64Array[] = []; // row by row, one a pivot
  const columns: string[] = [];
  const equations: string[] = [];
  for (let j = 0; j < continuous.length; j++) {
    if (samples[j].scale === 0) continue; // constant on these rows: nothing can be said
    const row = new Float64Array(pivots.length + 1);
    let unexplained = 1;
    for (let p = 0; p < pivots.length; p++) {
      let sum = dot(samples[j].values, samples[pivots[p]].values);
      for (let q = 0; q < p; q++) sum -= row[q] * factor[p][q];
      row[p] = sum / factor[p][p];
      unexplained -= row[p] * row[p];
    }
    if (unexplained > TOLERANCE) {
      row[pivots.length] = Math.sqrt(unexplained);
      factor.push(row);
      pivots.push(j);
      continue;
    }
    const weights = backSubstitute(factor, row);
    const terms = weights.flatMap((weight, p) => {
      const plan = continuous[pivots[p]];
      const standardised = (weight * samples[j].scale) / samples[pivots[p]].scale;
      return Math.abs(standardised) < NEGLIGIBLE ? [] : [{ plan, standardised }];
    });
    if (!holdsEverywhere(table, continuous[j], terms)) continue;
    columns.push(continuous[j].name);
    equations.push(inWords(continuous[j], terms));
  }
  return columns.length > 0 ? { columns, equations } : undefined;
}

interface Term {
  readonly plan: ColumnPlan;
  /** The coefficient between standardised columns. */
  readonly standardised: number;
}

function valuesOf(table: Table, plan: ColumnPlan): Float64Array {
  return table.columns[plan.index].values;
}

/** Evenly spaced rows of a standardised column, centred and brought to unit length; `scale` is the length they had. */
function sample(
  values: Float64Array,
  plan: ColumnPlan,
  rows: number,
): { values: Float64Array; scale: number } {
  const out = new Float64Array(rows);
  let mean = 0;
  for (let i = 0; i < rows; i++) {
    out[i] = (values[Math.floor((i * values.length) / rows)] - plan.center) / plan.scale;
    mean += out[i] / rows;
  }
  for (let i = 0; i < rows; i++) out[i] -= mean;
  const scale = Math.sqrt(dot(out, out));
  if (scale > 0) for (let i = 0; i < rows; i++) out[i] /= scale;
  return { values: out, scale };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Solves Lᵀ w = row for the lower-triangular factor's rows. */
function backSubstitute(factor: readonly Float64Array[], row: Float64Array): number[] {
  const weights = Array.from(row.subarray(0, factor.length));
  for (let p = factor.length - 1; p >= 0; p--) {
    weights[p] /= factor[p][p];
    for (let q = 0; q < p; q++) weights[q] -= factor[p][q] * weights[p];
  }
  return weights;
}

/** Whether the combination explains the column on every row, not only on those that were looked at. */
function holdsEverywhere(table: Table, target: ColumnPlan, terms: readonly Term[]): boolean {
  const residual = Float64Array.from(
    valuesOf(table, target),
    (value) => (value - target.center) / target.scale,
  );
  for (const { plan, standardised } of terms) {
    const values = valuesOf(table, plan);
    for (let i = 0; i < residual.length; i++)
      residual[i] -= (standardised * (values[i] - plan.center)) / plan.scale;
  }
  let sum = 0;
  for (const value of residual) sum += value;
  let squares = 0;
  for (const value of residual) squares += (value - sum / residual.length) ** 2;
  return squares / residual.length <= 10 * TOLERANCE;
}

function inWords(target: ColumnPlan, terms: readonly Term[]): string {
  if (terms.length > 6)
    return `${target.name} is a linear combination of ${terms.length} columns: ${terms
      .slice(0, 6)
      .map(({ plan }) => plan.name)
      .join(", ")}, …`;
  let text = "";
  let constant = target.center;
  const append = (value: number, what: string) => {
    const size = String(Number(Math.abs(value).toPrecision(4)));
    const sign = value < 0 ? "-" : "+";
    text += text === "" ? (value < 0 ? "-" : "") : ` ${sign} `;
    text += what === "" ? size : size === "1" ? what : `${size} ${what}`;
  };
  for (const { plan, standardised } of terms) {
    const coefficient = (standardised * target.scale) / plan.scale;
    constant -= coefficient * plan.center;
    append(coefficient, plan.name);
  }
  if (Math.abs(constant) > NEGLIGIBLE * (Math.abs(target.center) + target.scale)) append(constant, "");
  return `${target.name} = ${text}`;
}
