// Why rows of a table are strange: reasons in nats and in words, and the densities behind them.

import type { Table } from "../../data/index.js";
import { LogdetError } from "../../errors.js";
import { drawBackground } from "../../explain/background.js";
import { logMass, modeOf } from "../../explain/expectation.js";
import {
  cellWords,
  defaultExplanationMethod,
  type Explained,
  type Explanation,
  type ExplanationMethodName,
  explain,
  explanationMethods,
  reasonsInWords,
} from "../../explain/index.js";
import { type Profile, profilesOf } from "../../explain/profile.js";
import { cellOf } from "../../explain/words.js";
import type { Model } from "../../model/index.js";
import { Random } from "../../random/index.js";
import type { ConditionalCurve, RowReasons } from "./anomalies-answers.js";
import { shownColumns, shownReason } from "./anomalies-cells.js";
import { placeOf, rowNumber, rowsOf } from "./tables.js";

export interface ReasonsOptions {
  readonly method?: ExplanationMethodName | undefined;
  /** Columns a row to name. */
  readonly top?: number | undefined;
  /** Columns to draw the density of. */
  readonly curves?: number | undefined;
  readonly signal?: AbortSignal;
}

/** Rows explained between two pieces of the answer. */
const rowsTogether = 5;
/** Draws of the model that reasons are found with: as many as `explain` takes. */
const backgroundRows = 256;
/** Below this share of its peak a density is not drawn, unless the row's own value lies there. */
const leastHeight = 1e-3;
const mostCategories = 12;

/**
 * The reasons of some rows, as they are found. Cost: as `explain`, some 122 D log-densities a row.
 *
 * @param numbers of rows in the file, from 1
 * @throws Refusal 404 if the table has no such row; LogdetError "interrupted" once the signal is aborted
 */
export async function* reasonsOf(
  model: Model,
  table: Table,
  numbers: readonly number[],
  {
    method = defaultExplanationMethod,
    top = 12,
    curves = 0,
    signal = new AbortController().signal,
  }: ReasonsOptions = {},
): AsyncGenerator<RowReasons> {
  const places = numbers.map((row) => placeOf(table, row));
  const stoppable = untilStopped(model, signal);
  for (let start = 0; start < places.length; start += rowsTogether) {
    const some = places.slice(start, start + rowsTogether);
    const explanations = await explain(stoppable, rowsOf(table, some), { method, top });
    for (const [i, explanation] of explanations.entries())
      yield await described(stoppable, table, some[i], explanation, curves);
  }
}

/** The model, until the signal is aborted: one row of a thousand columns may take minutes. */
function untilStopped(model: Model, signal: AbortSignal): Explained {
  const going = () => {
    if (signal.aborted) throw new LogdetError("interrupted", "stopped before all rows were explained");
    return model;
  };
  return {
    columns: model.columns,
    calibration: model.calibration,
    logProb: async (rows) => going().logProb(rows),
    ...(model.calibration && { pValues: async (rows, known) => going().pValues(rows, known) }),
    scoreFunction: async (rows) => going().scoreFunction(rows),
    sample: async (n, options) => going().sample(n, options),
  };
}

async function described(
  model: Explained,
  table: Table,
  place: number,
  { method, logProb, reasons }: Explanation,
  curves: number,
): Promise<RowReasons> {
  const { columns } = model;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const sentence = (some: typeof reasons) => reasonsInWords(explanationMethods[method], some, columns);
  const drawn = reasons.slice(0, curves).map(({ column }) => column);
  return {
    row: rowNumber(table, place),
    ...{ method, logProb },
    words: sentence(reasons.slice(0, 3)),
    firstWords: sentence(reasons.slice(0, 1)),
    reasons: reasons.map((reason) => shownReason(reason, byName.get(reason.column)?.scale ?? 1)),
    curves: await curvesOf(model, rowsOf(table, [place]), drawn),
    cells: shownColumns(columns, table, [place]).map(({ name, cells }) => ({ name, value: cells[0] })),
  };
}

/** The density of each of the named columns given the rest of a row. */
export async function curvesOf(
  model: Explained,
  row: Float64Array,
  names: readonly string[],
): Promise<ConditionalCurve[]> {
  if (names.length === 0) return [];
  const question = {
    ...{ model, rows: row, alpha: 0.05, random: new Random(0) },
    logProb: await model.logProb(row),
    background: await drawBackground(model, backgroundRows, 0),
  };
  const places = names.map((name) => ({
    row: 0,
    column: model.columns.findIndex((column) => column.name === name),
  }));
  return (await profilesOf(question, places)).map(curveOf);
}

function curveOf(profile: Profile): ConditionalCurve {
  const { column, exact } = profile;
  const total = logMass(profile);
  const heights = profile.logProb.map((value) => Math.exp(value - total));
  const [observed, expected] = [profile.observed.value, modeOf(profile).value];
  const isCategory = column.kind === "categorical";
  const kept = isCategory ? likeliest(profile, heights) : visible(profile, heights);
  const values = kept.map((i) => profile.values[i]);
  const cells = { value: cellOf(column, observed), expected: cellOf(column, expected) };
  const [observedText, expectedText] = cellWords(cells, column.scale);
  return {
    column: column.name,
    kind: isCategory ? "category" : exact ? "probability" : "density",
    values,
    ...(isCategory && { names: values.map((value) => String(cellOf(column, value))) }),
    heights: kept.map((i) => heights[i]),
    observed: Number.isNaN(observed) ? null : observed,
    ...{ observedText, expected, expectedText },
  };
}

/** Places of the likeliest categories and the row's own. */
function likeliest({ values, observed }: Profile, heights: Float64Array): number[] {
  const ranked = [...heights.keys()].sort((a, b) => heights[b] - heights[a]);
  return ranked
    .filter((i, rank) => rank < mostCategories || values[i] === observed.value)
    .sort((a, b) => a - b);
}

/** Places from the first to the last value that has some height, the row's own among them. */
function visible({ values, observed }: Profile, heights: Float64Array): number[] {
  const least = leastHeight * Math.max(...heights);
  const shown = [...heights.keys()].filter((i) => heights[i] >= least || values[i] === observed.value);
  const [first, last] = [shown[0] ?? 0, shown.at(-1) ?? -1];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
