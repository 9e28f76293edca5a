// From a table to rows a flow can be trained on: calibration rows set apart, columns planned, degenerate tables refused,
// rows split.

import {
  analyzeColumns,
  type ColumnPlan,
  findCollinear,
  InMemoryRows,
  splitRows,
  standardizedRows,
  type Table,
  tableFromColumns,
  takeRows,
} from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { type GaussianBaseline, gaussianBaseline } from "./gaussian.js";

export interface Prepared {
  readonly columns: readonly ColumnPlan[];
  readonly train: InMemoryRows;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Rows that nothing else here depends on, row-major [calibrationRows, D], in the columns' units. */
  readonly calibration: Float64Array;
  readonly calibrationRows: number;
  /** Standardised rows, row-major: all validation rows, dequantised once. */
  readonly validation: Float32Array;
  /** The same of as many training rows, to compare with. */
  readonly trainSample: Float32Array;
  /** The Gaussian fitted to the training rows, on them and on the validation rows; all standardised. */
  readonly gaussian: GaussianBaseline | undefined;
  readonly notices: readonly string[];
}

/** With fewer rows a density is a guess; refuse rather than pretend. */
const fewestRows = 20;
/** Validation rows beyond this number make evaluations slower, not better. */
const mostValidationRows = 10_000;
/** The share set apart unless another is asked for, and the most rows that it is: more would be missed in training. */
const calibrationShare = 0.1;
const mostCalibrationRows = 10_000;
/** With fewer calibration rows no p-value reaches 0.05. */
const fewCalibrationRows = 19;
/** Training rows beyond this number do not change a Gaussian. */
const mostBaselineRows = 50_000;

/**
 * @throws LogdetError "data" if there are too few rows, more columns than rows, or columns that determine each other.
 */
export function prepare(
  given: Table,
  {
    validation,
    calibration,
    jitter,
    random,
  }: { validation: number; calibration: number | undefined; jitter: number; random: Random },
): Prepared {
  if (given.rows < fewestRows)
    throw new LogdetError(
      "data",
      `the table has ${given.rows === 1 ? "one row" : `${given.rows} rows`}; a density needs at least ${fewestRows}`,
      { hint: "Give more rows, or several files." },
    );
  const apart = setApart(given.rows, calibration, random.split("calibration"));
  const kept = apart.calibration.length > 0 ? takeRows(given, apart.kept) : given;
  const table = jitter > 0 ? jittered(kept, jitter, random.split("jitter")) : kept;
  const { plans, notices } = analyzeColumns(table);
  if (jitter === 0) refuseDegenerate(table, plans, apart.calibration.length);

  const split = splitRows(
    table.rows,
    Math.min(validation, mostValidationRows / table.rows),
    random.split("split"),
  );
  const noise = random.split("evaluation");
  const sample = spread(split.train, Math.max(split.validation.length, 1));
  const heldOut = standardizedRows(table, plans, split.validation, noise);
  return {
    columns: plans,
    train: new InMemoryRows(table, plans, split.train),
    trainRows: split.train.length,
    validationRows: split.validation.length,
    calibration: rowsOf(given, plans, apart.calibration),
    calibrationRows: apart.calibration.length,
    validation: heldOut,
    trainSample: standardizedRows(table, plans, sample, noise),
    gaussian: gaussianBaseline(
      standardizedRows(table, plans, spread(split.train, mostBaselineRows), noise),
      heldOut,
      plans.length,
    ),
    notices: [
      ...given.notices,
      ...notices,
      ...(jitter > 0 ? [`Noise of ${jitter} standard deviations was added to every column (--jitter).`] : []),
      ...(calibration !== 0 ? calibrationNotices(apart.calibration.length) : []),
    ],
  };
}

/**
 * Which rows are set apart to calibrate p-values. By their number alone: if what is fitted depended on them in any way,
 * they would no longer be to the model what new rows are.
 *
 * @param share of the n rows, in [0, 1); a tenth, but 10,000 rows at most, if undefined
 */
export function setApart(
  n: number,
  share: number | undefined,
  random: Random,
): { readonly kept: Uint32Array; readonly calibration: Uint32Array } {
  const wanted = share ?? Math.min(calibrationShare, mostCalibrationRows / n);
  const { train, validation } = splitRows(n, Math.min(wanted, (n - fewestRows) / n), random);
  return { kept: train, calibration: validation };
}

function calibrationNotices(rows: number): string[] {
  if (rows === 0)
    return ["No rows were set apart to calibrate p-values: there are too few. Scores will have none."];
  if (rows >= fewCalibrationRows) return [];
  return [
    `${rows === 1 ? "One row was" : `${rows} rows were`} set apart to calibrate p-values, so none can be below ` +
      `1/${rows + 1}; a p-value of 0.05 takes ${fewCalibrationRows} (--calibration).`,
  ];
}

/** Rows of a table in the columns' units, row-major [indices.length, D]. */
function rowsOf(table: Table, plans: readonly ColumnPlan[], indices: Uint32Array): Float64Array {
  const columns = plans.map(({ index }) => table.columns[index].values);
  const rows = new Float64Array(indices.length * columns.length);
  for (let i = 0; i < rows.length; i++)
    rows[i] = columns[i % columns.length][indices[Math.floor(i / columns.length)]];
  return rows;
}

/** So many of the indices, evenly spaced: a table may be sorted, its first rows are not like the rest. */
function spread(indices: Uint32Array, count: number): Uint32Array {
  if (count >= indices.length) return indices;
  return Uint32Array.from({ length: count }, (_, i) => indices[Math.floor((i * indices.length) / count)]);
}

function refuseDegenerate(table: Table, plans: readonly ColumnPlan[], calibrationRows: number): void {
  const apart = calibrationRows > 0 ? ` beside the ${calibrationRows} set apart for calibration` : "";
  const hint = "Leave columns out with --exclude, or add a little noise to every column with --jitter 0.01.";
  if (plans.length >= table.rows)
    throw new LogdetError(
      "data",
      `there are ${plans.length} columns but only ${table.rows} rows${apart}: the rows lie in a plane, where the density is infinite`,
      { hint },
    );
  const collinear = findCollinear(table, plans);
  if (collinear)
    throw new LogdetError(
      "data",
      `columns determine each other: ${collinear.equations.join("; ")}. The rows lie in a plane, where the density is infinite`,
      { hint },
    );
}

/** The table with normal noise of so many standard deviations added to every column. */
function jittered(table: Table, amount: number, random: Random): Table {
  const { plans } = analyzeColumns(table);
  const widths = new Map(plans.map(({ name, scale }) => [name, scale * amount]));
  const columns = table.columns.map(({ name, values }) => {
    const noise = random.fillNormal(new Float64Array(values.length), widths.get(name) ?? 0);
    return { name, values: values.map((value, i) => value + noise[i]) };
  });
  return { ...tableFromColumns(columns), notices: table.notices };
}
