// Which rows are like the others, where some may not be: fits to contaminated tables look at no others.

import type { Model } from "../model/index.js";
import { likeliest } from "../training/index.js";

/** Some of the values, by their places. */
export const valuesAt = (values: Float64Array, places: readonly number[]): Float64Array =>
  Float64Array.from(places, (place) => values[place]);

/**
 * The rows that are not among the share of those least likely to the model.
 *
 * @param rows row-major [n · D], in the columns' units
 */
export async function typicalRows(model: Model, rows: Float64Array, share: number): Promise<Float64Array> {
  if (share === 0) return rows;
  const { dim } = model;
  const kept = likeliest(await model.logProb(rows), share);
  return Float64Array.from(
    { length: kept.length * dim },
    (_, i) => rows[kept[Math.floor(i / dim)] * dim + (i % dim)],
  );
}
