// Since when is the new data another? Windows of rows in order of time against the reference.

import type { Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import { Random } from "../random/index.js";
import { modelRows } from "./density.js";
import { densityOf } from "./held-out-density.js";
import { samplesOf } from "./samples.js";
import { requireColumns } from "./shift-from-model.js";
import type { ShiftOptions } from "./verdict.js";
import { type Feature, smallestWindow, type WindowSeries, windowTests } from "./windows.js";

export interface ShiftSeriesOptions extends Omit<ShiftOptions, "scores" | "permutations"> {
  /** Rows a window, at least 8. */
  readonly window: number;
  /** Rows from the start of one window to that of the next. Default: a window, so that none overlap. */
  readonly step?: number;
}

export interface ShiftSeries extends WindowSeries {
  readonly alpha: number;
  readonly window: number;
  readonly step: number;
  /** Reference rows that every window was compared with: none that the density was fitted to. */
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly seconds: number;
  readonly notices: readonly string[];
}

/** Missing cells rank below all values: a window that misses more than the reference differs from it. */
const rankable = (value: number) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);

/** Half of the level is the log-density's, the other half the columns'. */
const densityWeight = 0.5;

/**
 * Tests windows of the new rows, which are in order of time, against the reference: the log-density under a flow fitted to
 * half of it, and every column by itself, beside the other half (5,000 rows at most). The level α is kept over all windows
 * and columns, see windowTests: before anything moves, some window is called shifted with probability α at most.
 *
 * Cost: the fit, and a simulation of about windows · columns · 4 / α draws: seconds.
 *
 * @throws LogdetError "usage" for a window that is too short, too long, or one of too many; otherwise as detectShift
 * @example
 * const { first, windows } = await detectShiftOverTime(reference, stream, { window: 200 })
 * if (first !== null) console.log(`since row ${windows[first].from + 1}`)
 */
export async function detectShiftOverTime(
  reference: Table,
  current: Table,
  options: ShiftSeriesOptions,
): Promise<ShiftSeries> {
  const started = performance.now();
  const sizes = sizesOf(options);
  const samples = samplesOf(reference, current);
  const random = new Random(options.seed ?? 0).split("drift");
  const density = await densityOf(samples, options, random.split("density"), true);
  await density.model.release();
  const features: Feature[] = [
    { name: "log-density", weight: densityWeight, ...density.logProb },
    ...samples.columns.map(({ name, reference: values, current }) => ({
      ...{ name, weight: (1 - densityWeight) / samples.columns.length },
      reference: Float64Array.from(density.heldOut, (row) => rankable(values[row])),
      current: current.map(rankable),
    })),
  ];
  const series = await tested(features, sizes, options, random);
  return {
    ...series,
    ...sizes,
    referenceRows: density.heldOut.length,
    currentRows: samples.currentRows,
    seconds: (performance.now() - started) / 1000,
    notices: [...samples.notices, ...density.notices],
  };
}

/**
 * The same with a model for a reference: log-densities and latents' norms beside those of its calibration rows. Columns by
 * themselves take the reference's data.
 *
 * @throws LogdetError "model" if the model has no calibration rows; otherwise as detectShiftOverTime
 */
export async function detectShiftOverTimeFromModel(
  model: Model,
  current: Table,
  options: Omit<ShiftSeriesOptions, "fit">,
): Promise<ShiftSeries> {
  const started = performance.now();
  const sizes = sizesOf(options);
  const { calibration } = model;
  if (!calibration)
    throw new LogdetError("model", "the model has no calibration rows to compare windows with", {
      hint: "Fit it again with --calibration 0.1, or give the reference's data instead of the model.",
    });
  const every = Uint32Array.from({ length: current.rows }, (_, i) => i);
  const rows = modelRows(model, requireColumns(model, current), every);
  const statistics = {
    density: async () => (await model.logProb(rows)).map((value) => -value),
    "latent-norm": () => model.latentNorm(rows),
  };
  const features: Feature[] = [];
  for (const name of ["density", "latent-norm"] as const)
    if (calibration.statistics.includes(name))
      features.push({
        name: name === "density" ? "log-density" : name,
        reference: calibration.scores(name),
        current: await statistics[name](),
        weight: 1,
      });
  const series = await tested(features, sizes, options, new Random(options.seed ?? 0).split("drift"));
  return {
    ...series,
    ...sizes,
    referenceRows: calibration.rows,
    currentRows: current.rows,
    seconds: (performance.now() - started) / 1000,
    notices: [],
  };
}

interface Sizes {
  readonly alpha: number;
  readonly window: number;
  readonly step: number;
}

function sizesOf({ alpha = 0.05, window, step = window }: ShiftSeriesOptions): Sizes {
  if (!(alpha > 0 && alpha < 1))
    throw new LogdetError("usage", `the level must be between 0 and 1, got ${alpha}`);
  if (!Number.isSafeInteger(window) || window < smallestWindow)
    throw new LogdetError("usage", `a window must have at least ${smallestWindow} rows, got ${window}`);
  if (!Number.isSafeInteger(step) || step < 1)
    throw new LogdetError("usage", `windows must start at least one row apart, got ${step}`);
  return { alpha, window, step };
}

function tested(
  features: readonly Feature[],
  { alpha, window, step }: Sizes,
  { signal, onProgress }: ShiftSeriesOptions,
  random: Random,
): Promise<WindowSeries> {
  return windowTests(features, {
    ...{ size: window, step, alpha, signal },
    random: random.split("windows"),
    onProgress: (share) =>
      onProgress?.({ text: "simulating what windows may be", done: 2 + 4 * share, total: 7 }),
  });
}
