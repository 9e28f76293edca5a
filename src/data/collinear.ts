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
 * Only continuous columns count: the noise of a dequantised column is its own. Of rows, only those count in which all of
 * them are known; columns with the most missing cells are set aside until there are enough. With no more rows than columns
 * every column would be a combination of others, which tells nothing: the answer is then undefined.
 * Cost O(D³) for D continuous columns, independent of the number of rows but for confirming.
 *
 * @example findCollinear(table, plans)?.equations // ["total = north + south"]
 */
export function findCollinear(table: Table, plans: readonly ColumnPlan[]): Collinearity | undefined {
  const { continuous, known } = knownTogether(
    table,
    plans.filter((plan) => plan.kind === "continuous"),
  );
  const count = Math.min(known.length, continuous.length + SPARE_ROWS);
  if (continuous.length < 2 || count <= continuous.length + 1) return undefined;

  const rows = Uint32Array.from({ length: count }, (_, i) => known[Math.floor((i * known.length) / count)]);
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
    const rest = restEverywhere(table, continuous[j], terms);
    if (rest === undefined) continue;
    columns.push(continuous[j].name);
    equations.push(inWords(continuous[j], terms, rest));
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

/** The columns with fewest missing cells that are known together in more than twice as many rows, and these rows. */
function knownTogether(
  table: Table,
  plans: readonly ColumnPlan[],
): { continuous: readonly ColumnPlan[]; known: Uint32Array } {
  const all = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const missing = new Map(
    plans.map((plan) => [
      plan,
      plan.missing ? valuesOf(table, plan).reduce((sum, value) => sum + Number(Number.isNaN(value)), 0) : 0,
    ]),
  );
  const set = new Set(plans);
  for (;;) {
    const incomplete = [...set].filter((plan) => plan.missing);
    const columns = incomplete.map((plan) => valuesOf(table, plan));
    const known =
      columns.length === 0 ? all : all.filter((row) => columns.every((values) => !Number.isNaN(values[row])));
    if (incomplete.length === 0 || known.length > 2 * set.size)
      return { continuous: plans.filter((plan) => set.has(plan)), known };
    const most = incomplete.reduce((a, b) => ((missing.get(b) ?? 0) > (missing.get(a) ?? 0) ? b : a));
    set.delete(most);
  }
}

/** Some rows of a standardised column, centred and brought to unit length; `scale` is the length they had. */
function sample(
  values: Float64Array,
  plan: ColumnPlan,
  rows: Uint32Array,
): { values: Float64Array; scale: number } {
  const n = rows.length;
  const out = new Float64Array(n);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    out[i] = (values[rows[i]] - plan.center) / plan.scale;
    mean += out[i] / n;
  }
  for (let i = 0; i < n; i++) out[i] -= mean;
  const scale = Math.sqrt(dot(out, out));
  if (scale > 0) for (let i = 0; i < n; i++) out[i] /= scale;
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

/**
 * What the combination leaves of the standardised column, a constant, if it explains it on every row where all is known, not
 * only on those that were looked at. Undefined if it does not.
 */
function restEverywhere(table: Table, target: ColumnPlan, terms: readonly Term[]): number | undefined {
  let residual = Float64Array.from(
    valuesOf(table, target),
    (value) => (value - target.center) / target.scale,
  );
  for (const { plan, standardised } of terms) {
    const values = valuesOf(table, plan);
    for (let i = 0; i < residual.length; i++)
      residual[i] -= (standardised * (values[i] - plan.center)) / plan.scale;
  }
  if ([target, ...terms.map(({ plan }) => plan)].some(({ missing }) => missing))
    residual = residual.filter((value) => !Number.isNaN(value));
  let sum = 0;
  for (const value of residual) sum += value;
  const mean = sum / residual.length;
  let squares = 0;
  for (const value of residual) squares += (value - mean) ** 2;
  return squares / residual.length <= 10 * TOLERANCE ? mean : undefined;
}

function inWords(target: ColumnPlan, terms: readonly Term[], rest: number): string {
  if (terms.length > 6)
    return `${target.name} is a linear combination of ${terms.length} columns: ${terms
      .slice(0, 6)
      .map(({ plan }) => plan.name)
      .join(", ")}, …`;
  let text = "";
  let constant = target.center + rest * target.scale;
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
