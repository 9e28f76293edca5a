// Drift between a reference and a table of the studio's folder: both read, compared, and told in plain data.

import {
  columnNames,
  inOrder,
  openSources,
  readTable,
  type Sources,
  type Table,
  takeRows,
} from "../../data/index.js";
import { someNames } from "../../data/names.js";
import {
  detectShift,
  detectShiftFromModel,
  detectShiftOverTime,
  detectShiftOverTimeFromModel,
  type SampledColumn,
  type ShiftOptions,
  type ShiftSeries,
  samplesOf,
} from "../../drift/index.js";
import { LogdetError } from "../../errors.js";
import type { Model } from "../../model/index.js";
import { breathe } from "../../runtime/breathe.js";
import type { ColumnDistribution, DriftAnswer, DriftOverTime, RowsDrift } from "./drift-answers.js";
import { distributionOf } from "./drift-distributions.js";
import type { Progress } from "./progress.js";

/** What is asked of both searches. */
export interface DriftOptions {
  readonly alpha: number;
  readonly by: string | undefined;
  readonly window: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Columns whose distributions are told, and features of a series. */
const mostDistributions = 60;
const mostFeatures = 40;
/** Columns that a notice names. */
const mostNamed = 12;

/** New rows in order, and what orders them: undefined where the file does. */
interface NewRows {
  readonly table: Table;
  readonly keys: readonly (number | string)[] | undefined;
}

/**
 * A table beside another, by the columns that both have; of missing cells none is left out.
 *
 * @param reference path of a file
 * @param current path of a file
 * @throws LogdetError as `readTable`, `detectShift` and `detectShiftOverTime`
 */
export async function driftFromTable(
  reference: string,
  current: string,
  options: DriftOptions,
): Promise<DriftAnswer> {
  const { by, window, alpha } = options;
  const [first, second] = [await openSources([reference]), await openSources([current])];
  try {
    options.onProgress?.({ text: "reading the tables", done: 0, total: 7 });
    const [ours, theirs] = [await columnNames(first), await columnNames(second)];
    const onlyOurs = ours.filter((name) => !theirs.includes(name));
    const common = ours.filter((name) => theirs.includes(name));
    if (common.every((name) => name === by))
      throw new LogdetError(
        "data",
        `the two tables have no column in common${common.length > 0 ? ` but ${by}, which orders the rows` : ""}`,
        {
          hint: "Drift is looked for in the columns that both have, by their names. Choose another table.",
        },
      );
    const exclude = [...onlyOurs, ...ours.filter((name) => name === by)];
    const before = await readTable(first, { exclude, missing: "cells", mixed: true });
    // To read wide tables takes seconds.
    requireReader(options);
    const after = await ordered(await readAs(before, second), second, by);
    requireReader(options);
    const notices = [
      ...before.notices,
      ...after.table.notices,
      ...(onlyOurs.length > 0
        ? [`Only in the reference, so not compared: ${someNames(onlyOurs, mostNamed)}.`]
        : []),
    ];
    if (window === undefined) {
      const shift = await detectShift(before, after.table, shiftOptions(options));
      const order = shift.columns.map(({ name }) => name);
      const distributions = await distributionsOf(samplesOf(before, after.table).columns, order);
      return rowsDrift(shift, before, { distributions, notices });
    }
    const series = await detectShiftOverTime(before, after.table, { ...shiftOptions(options), window });
    const answer = overTime(series, after, alpha, notices);
    const shown = series.first === null ? after.table : rowsOfWindow(after.table, series, series.first);
    const { columns } = samplesOf(before, shown);
    return { ...answer, distributions: await distributionsOf(columns, answer.features) };
  } finally {
    await first.close();
    await second.close();
  }
}

/**
 * A table beside the calibration rows of a model.
 *
 * @param table with the model's columns
 * @param path of its file
 * @throws LogdetError "model" if the model has none; otherwise as `detectShiftFromModel`
 */
export async function driftFromModel(
  model: Model,
  table: Table,
  path: string,
  options: DriftOptions,
): Promise<DriftAnswer> {
  const { by, window, alpha } = options;
  const sources = await openSources([path]);
  try {
    const after = await ordered(table, sources, by);
    const { notices } = table;
    if (window === undefined) {
      const shift = await detectShiftFromModel(model, after.table, shiftOptions(options));
      return rowsDrift(shift, model, { distributions: [], notices });
    }
    const series = await detectShiftOverTimeFromModel(model, after.table, {
      ...shiftOptions(options),
      window,
    });
    return overTime(series, after, alpha, notices);
  } finally {
    await sources.close();
  }
}

/** @throws LogdetError "interrupted" if nobody waits for the answer any more */
function requireReader({ signal }: DriftOptions): void {
  if (signal?.aborted) throw new LogdetError("interrupted", "stopped before the tables were compared");
}

const readAs = ({ columns }: Table, sources: Sources) =>
  readTable(sources, { model: columns, missing: "cells" });

async function ordered(table: Table, sources: Sources, by: string | undefined): Promise<NewRows> {
  return by === undefined ? { table, keys: undefined } : inOrder(table, sources, by);
}

/** Tests share the level: five p-values of permutations must be able to get below it. */
function shiftOptions({ alpha, signal, onProgress }: DriftOptions): ShiftOptions {
  return { ...{ alpha, signal, onProgress }, permutations: Math.max(499, Math.ceil(5 / alpha)) };
}

function rowsDrift(
  shift: RowsDrift["shift"],
  { columns }: Pick<Model, "columns"> | Table,
  { distributions, notices }: Pick<RowsDrift, "distributions" | "notices">,
): RowsDrift {
  const dates = new Set(columns.flatMap(({ part }) => part?.source ?? []));
  return { kind: "rows", shift, distributions, dates: [...dates], notices: [...notices, ...shift.notices] };
}

function overTime(
  series: ShiftSeries,
  { keys }: NewRows,
  alpha: number,
  notices: readonly string[],
): DriftOverTime {
  const { features, windows, first, window, step, referenceRows, currentRows, seconds } = series;
  const smallest = (f: number) =>
    windows.reduce((least, { adjusted }) => Math.min(least, adjusted[f]), Number.POSITIVE_INFINITY);
  const shown = [...features.keys()]
    .sort((a, b) => Number(b === 0) - Number(a === 0) || smallest(a) - smallest(b))
    .slice(0, mostFeatures);
  return {
    kind: "series",
    ...{ alpha, window, step, referenceRows, currentRows, first, seconds },
    features: shown.map((f) => features[f]),
    featureCount: features.length,
    windows: windows.map(({ from, to, shifted, adjusted }) => ({
      ...{ from: from + 1, to, shifted },
      ...{ begins: keys?.[from] ?? null, ends: keys?.[to - 1] ?? null },
      adjusted: shown.map((f) => adjusted[f]),
    })),
    distributions: [],
    notices: [...notices, ...series.notices],
  };
}

function rowsOfWindow(table: Table, { windows }: ShiftSeries, window: number): Table {
  const { from, to } = windows[window];
  return takeRows(
    table,
    Uint32Array.from({ length: to - from }, (_, i) => from + i),
  );
}

/** Of the columns that come first in the order; the thread is given up between them. */
async function distributionsOf(
  columns: readonly SampledColumn[],
  order: readonly string[],
): Promise<ColumnDistribution[]> {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const shown = order.flatMap((name) => byName.get(name) ?? []).slice(0, mostDistributions);
  const found: ColumnDistribution[] = [];
  for (const column of shown) {
    await breathe();
    found.push(distributionOf(column));
  }
  return found;
}
