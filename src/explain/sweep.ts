// Many more rows than were asked about, through the model a bounded number at a time.

import type { Explained } from "./method.js";

const batchRows = 8192;

/** What the model gives for rows that `fill` makes: `width` numbers each, to be added up by `take` as they come. */
async function sweep(
  count: number,
  dim: number,
  evaluate: (rows: Float64Array) => Promise<Float64Array>,
  { fill, take }: Sweep,
): Promise<void> {
  for (let start = 0; start < count; start += batchRows) {
    const rows = new Float64Array(Math.min(batchRows, count - start) * dim);
    for (let i = 0; i < rows.length / dim; i++) fill(rows.subarray(i * dim, (i + 1) * dim), start + i);
    const values = await evaluate(rows);
    const width = (values.length * dim) / rows.length;
    for (let i = 0; i < rows.length / dim; i++) take(values.subarray(i * width, (i + 1) * width), start + i);
  }
}

interface Sweep {
  /** Writes the row of that number, [D]. */
  fill(row: Float64Array, index: number): void;
  /** Takes what came of it. */
  take(values: Float64Array, index: number): void;
}

/** Log-densities, [1] each. */
export const sweepLogProb = (model: Explained, count: number, each: Sweep) =>
  sweep(count, model.columns.length, (rows) => model.logProb(rows), each);

/** Score functions, [D] each. */
export const sweepScores = (model: Explained, count: number, each: Sweep) =>
  sweep(count, model.columns.length, (rows) => model.scoreFunction(rows), each);
