// Whether a discrete column's values crowd on some of its cells, as engine sizes do and rounded lengths do not.

import type { ColumnPlan } from "../data/index.js";

/**
 * A column crowds where its rows share a cell more than so many times as often as they lie in neighbouring ones. Of a smooth
 * density that was rounded both are as often; 1.3 times the one where its standard deviation is a single cell.
 */
const crowded = 2;

/**
 * The number of discrete columns whose values crowd: they have spikes that rounding does not leave. Missing cells are left
 * out. O(n D).
 *
 * @param rows in the columns' units, row-major [n, D]
 */
export function countCrowded(columns: readonly ColumnPlan[], rows: Float64Array): number {
  return columns.filter(({ quantum, minimum }, c) => {
    if (quantum === undefined) return false;
    const counts = new Map<number, number>();
    for (let i = c; i < rows.length; i += columns.length) {
      if (Number.isNaN(rows[i])) continue;
      const cell = Math.round((rows[i] - minimum) / quantum);
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    let sharing = 0; // rows beside each row in its own cell, and in the one above
    let neighbouring = 0;
    for (const [cell, count] of counts) {
      sharing += count * (count - 1);
      neighbouring += count * (counts.get(cell + 1) ?? 0);
    }
    return sharing > crowded * neighbouring;
  }).length;
}
