// What the report and the model card show, computed from a fitted model and the rows it was judged by.

import { basename } from "node:path";
import { layoutOf, readCoordinates } from "../data/index.js";
import {
  type ColumnConfig,
  compareTails,
  flowWords,
  type Model,
  modelTails,
  type ReportData,
  renderModelCard,
  saveModel,
  tailSentence,
} from "../model/index.js";
import { countCategories } from "../model/report/category-counts.js";
import { exampleRow, tableCells } from "../model/report/example-row.js";
import { ownCenterTypes } from "../model/report/report-data.js";
import { Random } from "../random/index.js";
import { countBelow } from "../runtime/index.js";
import type { Fitted } from "./fit.js";

/** Columns drawn against each other, and latent dimensions checked. */
const shown = 6;
/** Rows in pictures: more would only make the file larger. */
const drawnRows = 2000;
/** Rows drawn to be counted by their categories. */
const countedDraws = 5000;
/** Draws of the base that latent values are ranked among. */
const ranks = 20_000;

/**
 * Saves a fitted model with its report and model card.
 *
 * @throws LogdetError "io" if the folder exists and `force` is not given, or cannot be written.
 * @example await saveFitted(await fit("weather.csv"), "weather.logdet")
 */
export async function saveFitted(
  fitted: Fitted,
  folder: string,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  const data = await reportData(fitted, basename(folder));
  // Loaded only now: it is a third of what this package loads.
  const { renderReport } = await import("../model/report/index.js");
  await saveModel(fitted.model, folder, {
    force,
    files: { "README.md": renderModelCard(data), "report.html": renderReport(data) },
  });
}

export async function reportData({ model, validation }: Fitted, title: string): Promise<ReportData> {
  const { config, columns, dim } = model;
  const { training, metrics } = config;
  const rows = readCoordinates(columns, layoutOf(columns), validation);
  const pictured = columns.flatMap(({ kind }, d) => (kind === "categorical" ? [] : [d])).slice(0, shown);
  const drawn = completeIn(rows, dim, pictured).slice(0, drawnRows);
  const samples = await model.sample(drawn.length, { seed: training.seed, round: false });
  const counts = await categoryCounts(model, rows);
  const summaries = columns.map((column, d) => ({ ...column, ...spreadOf(column, rows, d, dim) }));
  return {
    title,
    created: config.created,
    logdetVersion: config.version,
    data: {
      ...training,
      columns: summaries,
    },
    model: {
      ...training,
      description: flowWords(config.flow),
      base: config.flow.base.type,
    },
    training: { ...training, stoppedBy: reasons[training.stoppedBy] ?? training.stoppedBy },
    metrics,
    pairs: {
      names: pictured.map((d) => columns[d].name),
      data: pictured.map((d) => drawn.map((row) => rows[row * dim + d])),
      samples: pictured.map((d) => drawn.map((_, row) => samples[row * dim + d])),
    },
    ...(counts && { counts }),
    heldOutLogProb: Array.from(await model.logProb(rows)),
    drawnLogProb: Array.from(await drawnLogProb(model)),
    pit: await probabilityTransforms(model, rows),
    ...(metrics.tails && { tails: await wrongTails(model, metrics.tails) }),
    example: await example(model, summaries, rows),
  };
}

/** Mean and standard deviation for people, where the model's center and scale are others. */
function spreadOf({ type, center, scale }: ColumnConfig, rows: Float64Array, d: number, width: number) {
  if (type === undefined || !ownCenterTypes.includes(type)) return { mean: center, standardDeviation: scale };
  const cells = Float64Array.from({ length: rows.length / width }, (_, row) => rows[row * width + d]);
  const values = cells.filter((value) => !Number.isNaN(value));
  if (values.length === 0) return { mean: center, standardDeviation: scale };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(squares / values.length) };
}

/** What the model says of rows that it draws itself, with missing cells where the data have them. */
async function drawnLogProb(model: Model): Promise<Float64Array> {
  const { dim, columns, config } = model;
  const missing = columns.some((column) => column.missing);
  const cells = await model.sample(drawnRows, { seed: config.training.seed, missing });
  // Of bases with the heaviest tails a draw may be beyond float64.
  const rows = Array.from({ length: drawnRows }, (_, row) => cells.subarray(row * dim, (row + 1) * dim));
  const finite = rows.filter((row) => !row.some((cell) => Math.abs(cell) === Number.POSITIVE_INFINITY));
  return model.logProb(Float64Array.from(finite.flatMap((row) => [...row])));
}

async function example(
  model: Model,
  columns: Parameters<typeof exampleRow>[0],
  rows: Float64Array,
): Promise<ReportData["example"]> {
  const values = exampleRow(columns, rows);
  const [logProb] = await model.logProb(values);
  return {
    values: Array.from(values),
    table: tableCells(columns, values),
    logProb,
    ...(model.calibration && { pValue: (await model.pValues(values))[0] }),
  };
}

const reasons: Readonly<Record<string, string>> = {
  finished: "all planned steps were done",
  patience: "the held-out likelihood had stopped improving",
  interrupted: "it was interrupted",
  diverged: "the loss kept exploding",
};

/** The rows, by number, that have all of some cells. */
function completeIn(rows: Float64Array, dim: number, columns: readonly number[]): number[] {
  return Array.from({ length: rows.length / dim }, (_, row) => row).filter((row) =>
    columns.every((d) => !Number.isNaN(rows[row * dim + d])),
  );
}

/** How often categories and missing cells are; undefined where there are neither. */
async function categoryCounts(model: Model, rows: Float64Array): Promise<ReportData["counts"]> {
  const { columns, config } = model;
  if (!columns.some(({ kind, missing }) => missing || kind === "categorical")) return undefined;
  const missing = columns.some((column) => column.missing);
  return countCategories(
    columns,
    rows,
    await model.sample(countedDraws, { seed: config.training.seed, missing }),
  );
}

/** The tails in which the model differs from its data, in words. */
async function wrongTails(
  model: Model,
  data: NonNullable<Model["config"]["metrics"]["tails"]>,
): Promise<string[]> {
  const drawn = await modelTails(model, data, model.config.training.seed);
  const names = model.columns.flatMap(({ kind, name }) => (kind === "categorical" ? [] : [name]));
  return drawn ? compareTails(data, drawn, names).map(tailSentence) : [];
}

/**
 * For each of the first latent dimensions, where held-out rows fall among draws of the base: uniform if the model
 * is right. By ranks, so that it works for every base.
 */
async function probabilityTransforms(model: Model, rows: Float64Array): Promise<ReportData["pit"]> {
  const { numericDim: dim } = model;
  if (dim === 0) return [];
  const { width } = layoutOf(model.columns);
  const latent = await model.latent(rows);
  const draws = await model.sampleBase(ranks, new Random(model.config.training.seed));
  return Array.from({ length: Math.min(shown, dim) }, (_, column) => {
    const sorted = Float64Array.from({ length: ranks }, (_, i) => draws[i * width + column]).sort();
    const values = Array.from({ length: latent.length / dim }, (_, row) => {
      const z = latent[row * dim + column];
      return (countBelow(sorted, z) + 0.5) / (ranks + 1);
    });
    return { name: `latent ${column + 1}`, values };
  });
}
