// Rows to compare with. A model keeps none of those that it was fitted to, so they are drawn from it.

import type { Background, Explained } from "./method.js";

/** Draws `count` rows: same seed, same rows. */
export async function drawBackground(model: Explained, count: number, seed: number): Promise<Background> {
  const rows = (await model.sample(count, { seed })).slice();
  const dim = model.columns.length;
  const sorted = model.columns.map((_, d) => {
    const values = Float64Array.from({ length: count }, (_, i) => rows[i * dim + d]);
    return values.filter((value) => !Number.isNaN(value)).sort();
  });
  // A draw may have missing cells, where the data had: the median stands in.
  for (let i = 0; i < rows.length; i++)
    if (Number.isNaN(rows[i])) {
      const { length } = sorted[i % dim];
      rows[i] = length > 0 ? sorted[i % dim][length >> 1] : model.columns[i % dim].center;
    }
  return { count, rows, logProb: await model.logProb(rows), sorted };
}

/**
 * The nearest typical row of each of n rows, as its place in the background.
 *
 * Typical is a draw whose log-density is not below the draws' median; near, by the mean square of standardised
 * differences, where another category counts as a difference of √2.
 */
export function nearestTypical(
  { columns }: Pick<Explained, "columns">,
  rows: Float64Array,
  background: Background,
): Uint32Array {
  const dim = columns.length;
  const median = background.logProb.slice().sort()[background.count >> 1];
  return Uint32Array.from({ length: rows.length / dim }, (_, i) => {
    let nearest = { place: 0, distance: Number.POSITIVE_INFINITY };
    for (let place = 0; place < background.count; place++) {
      if (background.logProb[place] < median) continue;
      let distance = 0;
      for (const [d, { kind, scale }] of columns.entries()) {
        const [a, b] = [rows[i * dim + d], background.rows[place * dim + d]];
        if (Number.isNaN(a)) continue;
        distance += kind === "categorical" ? (a === b ? 0 : 2) : ((a - b) / scale) ** 2;
      }
      if (distance < nearest.distance) nearest = { place, distance };
    }
    return nearest.place;
  });
}
