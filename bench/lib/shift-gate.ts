// Does InFlow's gate add anything to its own two-sample test? Windows that moved against windows that did not.

import { type FitOptions, fit, gatedLogProb, LogdetError, Random, type Table } from "logdet";
import { auroc } from "./ranking.js";
import { type PlantedShift, plant } from "./shift-planted.js";

export interface GateOptions {
  readonly window: number;
  /** Windows of either kind. */
  readonly windows: number;
  readonly alpha: number;
  readonly seed: number;
  readonly fit?: FitOptions;
}

/** Area under the curve of windows that moved against others, by detector; and how often the gate shuts. */
export interface GateResult {
  /** By the p-value of the gate's test. */
  readonly test: number;
  /** By minus the mean log-density, without the gate and with it. */
  readonly logDensity: number;
  readonly gated: number;
  /** By how far the mean log-density is from that of held-out rows, in either direction. */
  readonly typicality: number;
  /** Shares of windows that the gate shuts out. */
  readonly shutUnmoved: number;
  readonly shutMoved: number;
}

/**
 * Fits a flow to a quarter of a table's rows; windows are tested against another quarter, 2,000 rows at most. They are made of
 * the other half, some with a shift of one column, some without.
 *
 * @throws LogdetError as `fit`
 */
export async function gateResult(
  table: Table,
  shift: PlantedShift,
  { window, windows, alpha, seed, fit: options }: GateOptions,
): Promise<GateResult> {
  const random = new Random(seed).split(`gate ${shift}`);
  const rows = Math.floor(table.rows / 2);
  const { reference, current } = plant(table, shift, { count: 1, rows, random });
  const unmoved = plant(table, "none", { count: 0, rows, random: new Random(seed).split(`gate ${shift}`) });
  const half = Math.floor(reference.rows / 2);
  const part = (from: Table, start: number, end: number): Table => ({
    ...from,
    columns: from.columns.map(({ name, values }) => ({ name, values: values.slice(start, end) })),
    rows: Math.min(end, from.rows) - start,
  });
  const fitting = { search: false, calibration: 0, seed, ...options };
  const { model } = await fit(part(reference, 0, half), fitting).catch((error) => {
    if (!(error instanceof LogdetError) || !error.hint?.includes("--jitter")) throw error;
    return fit(part(reference, 0, half), { ...fitting, jitter: 0.01 });
  });
  const flat = (from: Table) => {
    const columns = model.columns.map(({ name }) => from.columns.find((column) => column.name === name));
    return Float64Array.from(
      { length: from.rows * columns.length },
      (_, i) => columns[i % columns.length]?.values[Math.floor(i / columns.length)] ?? Number.NaN,
    );
  };
  const heldOut = await model.logProb(flat(part(reference, half, Math.min(reference.rows, half + 2000))));
  const count = Math.min(windows, Math.floor(current.rows / (2 * window)));
  // The unmoved windows are other rows than the moved ones.
  const stream = [
    part(unmoved.current, 0, count * window),
    part(current, count * window, 2 * count * window),
  ];
  const values = Float64Array.from([...flat(stream[0]), ...flat(stream[1])]);
  const { pValues, gate, gated, ungated } = await gatedLogProb(model, heldOut, values, {
    ...{ window, alpha, random: random.split("windows") },
  });
  await model.release();
  const labels = Uint8Array.from({ length: 2 * count }, (_, w) => (w < count ? 0 : 1));
  const usual = heldOut.reduce((sum, value) => sum + value / heldOut.length, 0);
  const by = (scores: Float64Array) => auroc(scores, labels);
  const shut = (from: number) =>
    gate.subarray(from, from + count).filter((open) => open === 0).length / count;
  return {
    test: by(pValues.map((p) => -p)),
    logDensity: by(ungated.map((value) => -value)),
    gated: by(gated.map((value) => -value)),
    typicality: by(ungated.map((value) => Math.abs(value - usual))),
    shutUnmoved: shut(0),
    shutMoved: shut(count),
  };
}
