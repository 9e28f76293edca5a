// From a table to rows a flow can be trained on: calibration rows set apart, columns planned, degenerate tables refused,
// rows split.

import {
  analyzeColumns,
  type ColumnPlan,
  type ColumnType,
  findCollinear,
  GaussianCopula,
  InMemoryRows,
  type Layout,
  layoutOf,
  splitRows,
  standardizedRows,
  supportOf,
  type Table,
  takeRows,
} from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { type GaussianBaseline, gaussianBaseline } from "./gaussian.js";
import { labelNotices } from "./label-column.js";

export interface Prepared {
  readonly columns: readonly ColumnPlan[];
  /** How the columns become coordinates, of which a row has `layout.width`. */
  readonly layout: Layout;
  readonly train: InMemoryRows;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Rows that nothing else here depends on, row-major [calibrationRows, D], in the columns' units. */
  readonly calibration: Float64Array;
  readonly calibrationRows: number;
  /** Of the rows that train and those that judge, 10,000 of each at most, in the columns' units as `calibration`. */
  readonly known: { readonly training: Float64Array; readonly validation: Float64Array };
  /** Coordinates, row-major: all validation rows, dequantised and filled once. */
  readonly validation: Float32Array;
  /** The same of as many training rows, to compare with. */
  readonly trainSample: Float32Array;
  /** What turns log-densities of those coordinates into ones of what is known, in the columns' units; nats a row. */
  readonly validationUnits: Float64Array;
  readonly trainUnits: Float64Array;
  /** The slot, from 0, that training rows have in each block, row-major [n, blocks]. */
  readonly slots: Uint16Array;
  /** The Gaussian fitted to the training rows' numbers, on them and on the validation rows; all standardised. */
  readonly gaussian: GaussianBaseline | undefined;
  /**
   * What missing numbers are filled from; undefined where there are no numbers, or too many of them for it and no cell is
   * missing.
   */
  readonly filler: GaussianCopula | undefined;
  readonly notices: readonly string[];
}

/** With fewer rows a density is a guess; refuse rather than pretend. */
const fewestRows = 20;
/** Validation rows beyond this number make evaluations slower, not better. */
const mostValidationRows = 10_000;
/** The share set apart unless another is asked for, and the most rows that it is: more would be missed in training. */
const calibrationShare = 0.1;
const mostCalibrationRows = 10_000;
/** More rows do not change a coarse density. */
const mostKnownRows = 10_000;
/** With fewer calibration rows no p-value reaches 0.05. */
const fewCalibrationRows = 19;
/** Training rows beyond this number do not change a Gaussian. */
const mostBaselineRows = 50_000;
/** What the copula that fills missing cells is fitted to at most; its cost grows with rows · D². */
const mostFillerRows = 10_000;
/** With more columns it is fitted only where cells are missing. */
const mostFillerColumns = 64;

export interface PrepareOptions {
  readonly validation: number;
  readonly calibration: number | undefined;
  readonly jitter: number;
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  readonly random: Random;
}

/**
 * @throws LogdetError "data" if there are too few rows, more columns than rows, or columns that determine each other.
 */
export function prepare(
  given: Table,
  { validation, calibration, jitter, types, random }: PrepareOptions,
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
  const { plans, notices } = analyzeColumns(table, { types, infer: true });
  const layout = layoutOf(plans);
  if (jitter === 0) refuseDegenerate(table, plans, apart.calibration.length);

  const split = splitRows(
    table.rows,
    Math.min(validation, mostValidationRows / table.rows),
    random.split("split"),
  );
  const noise = random.split("evaluation");
  const filling = random.split("filling");
  const filler = fillerOf(table, plans, spread(split.train, mostFillerRows), filling);
  /** Coordinates of some rows, filled, and what their log-densities lack. */
  const coordinates = (indices: Uint32Array) => {
    const values = standardizedRows(table, plans, indices, noise);
    const units = unitsOf(values, plans, layout);
    if (!filler) return { values, units };
    const logQ = filler.fill(values, indices.length, layout.width, filling);
    return { values, units: units.map((value, row) => value - logQ[row]) };
  };
  const heldOut = coordinates(split.validation);
  const sample = coordinates(spread(split.train, Math.max(split.validation.length, 1)));
  const many = coordinates(spread(split.train, mostBaselineRows)).values;
  const { dim, width } = layout;
  return {
    columns: plans,
    layout,
    train: new InMemoryRows(table, plans, split.train, filler),
    trainRows: split.train.length,
    validationRows: split.validation.length,
    calibration: rowsOf(given, plans, apart.calibration),
    calibrationRows: apart.calibration.length,
    known: {
      training: rowsOf(kept, plans, spread(split.train, mostKnownRows)),
      validation: rowsOf(kept, plans, split.validation),
    },
    validation: heldOut.values,
    trainSample: sample.values,
    validationUnits: heldOut.units,
    trainUnits: sample.units,
    slots: slotsIn(many, layout),
    gaussian: gaussianBaseline(
      columnsFrom(many, width, 0, dim),
      columnsFrom(heldOut.values, width, 0, dim),
      dim,
    ),
    filler,
    notices: [
      ...given.notices,
      ...notices,
      ...labelNotices(table, plans, random.split("labels")),
      ...(jitter > 0 ? [`Noise of ${jitter} standard deviations was added to every column (--jitter).`] : []),
      ...(calibration !== 0 ? calibrationNotices(apart.calibration.length) : []),
    ],
  };
}

/** What missing cells of a table's columns are filled from. */
function fillerOf(
  table: Table,
  plans: readonly ColumnPlan[],
  indices: Uint32Array,
  random: Random,
): GaussianCopula | undefined {
  const { dim, width } = layoutOf(plans);
  const isIncomplete = plans.some(({ kind, missing }) => missing && kind !== "categorical");
  if (dim === 0 || (dim > mostFillerColumns && !isIncomplete)) return undefined;
  const rows = standardizedRows(table, plans, indices, random.split("cells"));
  const supports = plans
    .filter(({ kind }) => kind !== "categorical")
    .map(({ transform }) => supportOf(transform));
  return GaussianCopula.fit(rows, dim, { stride: width, supports });
}

/** log|det| of the standardisation of each row's numbers that are not missing, nats. */
function unitsOf(rows: Float32Array, plans: readonly ColumnPlan[], { places, width }: Layout): Float64Array {
  const logScales = plans.flatMap(({ scale }, c) => {
    const { coordinate } = places[c];
    return coordinate === undefined ? [] : [{ coordinate, logScale: Math.log(scale) }];
  });
  return Float64Array.from({ length: rows.length / width }, (_, row) =>
    logScales.reduce(
      (total, { coordinate, logScale }) =>
        Number.isNaN(rows[row * width + coordinate]) ? total : total - logScale,
      0,
    ),
  );
}

/** The slots of blocks that have a 1 in them, row-major [n, blocks]. */
function slotsIn(rows: Float32Array, { blocks, width }: Layout): Uint16Array {
  return Uint16Array.from({ length: (rows.length / width) * blocks.length }, (_, i) => {
    const { at, size } = blocks[i % blocks.length];
    const start = Math.floor(i / blocks.length) * width + at;
    return rows.subarray(start, start + size).indexOf(1);
  });
}

/** Some neighbouring columns of rows that are row-major [n, width]. */
export function columnsFrom(rows: Float32Array, width: number, from: number, to: number): Float32Array {
  if (from === 0 && to === width) return rows;
  const size = to - from;
  const result = new Float32Array((rows.length / width) * size);
  for (let i = 0; i < result.length; i++) result[i] = rows[Math.floor(i / size) * width + from + (i % size)];
  return result;
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
  const numeric = plans.filter(({ kind }) => kind !== "categorical");
  if (numeric.length >= table.rows)
    throw new LogdetError(
      "data",
      `there are ${numeric.length} columns but only ${table.rows} rows${apart}: the rows lie in a plane, where the density is infinite`,
      { hint },
    );
  const collinear = findCollinear(table, numeric);
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
  const columns = table.columns.map((column) => {
    if (column.categories) return column;
    const noise = random.fillNormal(new Float64Array(column.values.length), widths.get(column.name) ?? 0);
    return { ...column, values: column.values.map((value, i) => value + noise[i]) };
  });
  return { ...table, columns };
}
