// Models of a Gaussian, fitted with and without missing cells: their densities of incomplete rows, and the cells that they
// fill in, beside the closed form.

import { fit, impute, type Model, Random, tableFromColumns } from "logdet";
import { Equicorrelated, withMissing } from "./equicorrelated.js";

const gaussian = new Equicorrelated(8, 0.9);
const fittedRows = 4000;

export interface GaussianSettings {
  readonly seed: number;
  /** New rows for each number of missing cells. */
  readonly rows: number;
}

/** A model of rows of which each cell is missing with this probability. */
async function fitted(share: number, seed: number): Promise<Model> {
  const random = new Random(seed).split("rows to fit");
  const rows = Array.from({ length: fittedRows }, () => gaussian.draw(random));
  const columns = Array.from({ length: gaussian.dim }, (_, d) => ({
    name: `x${d + 1}`,
    values: Float64Array.from(rows, (row) => (random.uniform() < share ? Number.NaN : row[d])),
  }));
  const table = tableFromColumns(columns, { missing: "cells" });
  return (await fit(table, { seed, ...(share > 0 && { missing: "model" }) })).model;
}

function incompleteRows(missing: number, { seed, rows }: GaussianSettings): Float64Array[] {
  const random = new Random(seed).split(`new rows, ${missing} missing`);
  return Array.from({ length: rows }, () => withMissing(gaussian.draw(random), missing, random));
}

/** Row-major. */
const flat = (rows: readonly Float64Array[]) => Float64Array.from(rows.flatMap((row) => [...row]));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const covariance = (a: readonly number[], b: readonly number[]) =>
  mean(a.map((value, i) => (value - mean(a)) * (b[i] - mean(b))));

/**
 * Log-densities of new rows with so many cells missing, beside the truth. A model that was fitted with missing cells gives the
 * density of which cells are missing, too.
 *
 * @returns `bias` and `deviation`: mean and standard deviation of estimate − truth, nats; and their correlation
 */
async function densityRow(model: Model, share: number, missing: number, settings: GaussianSettings) {
  const rows = incompleteRows(missing, settings);
  const flags = share > 0 ? missing * Math.log(share) + (gaussian.dim - missing) * Math.log(1 - share) : 0;
  const truth = rows.map((row) => gaussian.logDensity(row) + flags);
  const estimate = Array.from(await model.logProb(flat(rows)));
  const error = estimate.map((value, i) => value - truth[i]);
  return {
    part: "density",
    seed: settings.seed,
    fittedMissing: share,
    missing,
    rows: rows.length,
    bias: mean(error),
    deviation: Math.sqrt(covariance(error, error)),
    correlation:
      covariance(estimate, truth) / Math.sqrt(covariance(estimate, estimate) * covariance(truth, truth)),
  };
}

/**
 * Cells filled in by the median of their draws, in standard deviations of the conditional density.
 *
 * @returns `rootMeanSquare` and `bias` of filled − conditional mean; `variance`, the mean squared spread over the
 *   conditional variance; and milliseconds a row
 */
async function fillRow(model: Model, share: number, missing: number, settings: GaussianSettings) {
  const rows = incompleteRows(missing, settings);
  const started = performance.now();
  const { rows: filled, spread } = await impute(model, flat(rows), { seed: settings.seed });
  const milliseconds = (performance.now() - started) / rows.length;
  const errors: number[] = [];
  const variances: number[] = [];
  for (const [i, row] of rows.entries()) {
    const { mean: center, variance } = gaussian.conditional(row);
    for (const [d, cell] of row.entries()) {
      if (!Number.isNaN(cell)) continue;
      const place = i * gaussian.dim + d;
      errors.push((filled[place] - center) / Math.sqrt(variance));
      variances.push(spread[place] ** 2 / variance);
    }
  }
  return {
    part: "fill",
    seed: settings.seed,
    fittedMissing: share,
    missing,
    rows: rows.length,
    rootMeanSquare: Math.sqrt(mean(errors.map((error) => error * error))),
    bias: mean(errors),
    variance: mean(variances),
    milliseconds,
  };
}

export type GaussianRow = Awaited<ReturnType<typeof densityRow>> | Awaited<ReturnType<typeof fillRow>>;

/** The rows of both parts, or of one, each told as soon as it is known. */
export async function gaussianRows(
  parts: readonly string[],
  settings: GaussianSettings,
  tell: (row: GaussianRow) => void,
): Promise<void> {
  for (const share of [0.15, 0]) {
    const model = await fitted(share, settings.seed);
    if (parts.includes("density"))
      for (const missing of [0, 1, 2, 3, 4, 6]) tell(await densityRow(model, share, missing, settings));
    if (parts.includes("fill"))
      for (const missing of [1, 2, 4]) tell(await fillRow(model, share, missing, settings));
    await model.release();
  }
}
