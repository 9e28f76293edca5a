// What the mixed benchmark reports: a row a model, table and seed.

import type { MixedDensity } from "./mixed-models.js";
import type { MixedSplit } from "./mixed-tables.js";

export type MixedRow = {
  readonly table: string;
  readonly seed: number;
  readonly model: string;
  /** Mean log-density of the rows to judge by, nats a row in the file's units, and its standard error. */
  readonly logProb: number;
  readonly standardError: number;
  /** What logdet has more, and that difference's standard error, row by row; null for logdet and without it. */
  readonly gain: number | null;
  readonly gainError: number | null;
  /** Rows to fit and to judge by. */
  readonly rows: number;
  readonly judged: number;
  readonly columns: number;
  readonly seconds: number;
  readonly note: string | null;
};

/** A mean over rows and its standard error. */
function meanOf(values: Float64Array): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return [mean, Math.sqrt(variance / values.length)];
}

/** The models of a split, each by itself and beside logdet where that is among them. */
export function judgeMixed(
  { table, seed }: { readonly table: string; readonly seed: number },
  { train, test }: MixedSplit,
  densities: readonly MixedDensity[],
): MixedRow[] {
  const own = densities.find(({ model }) => model === "logdet")?.logProb;
  return densities.map(({ model, logProb, seconds, note }) => {
    const [mean, standardError] = meanOf(logProb);
    const [gain, gainError] =
      own === undefined || own === logProb ? [null, null] : meanOf(own.map((value, i) => value - logProb[i]));
    const sizes = { rows: train.rows, judged: test[0].length, columns: train.columns.length };
    return { table, seed, model, logProb: mean, standardError, gain, gainError, ...sizes, seconds, note };
  });
}
