// The categories of a table, and which cells it misses: their joint distribution, found once and shared by every net.

import { type LaidColumn, layoutOf } from "../data/index.js";
import { type Distribution, fitLatentClasses, latentClasses } from "../distributions/index.js";
import type { Random } from "../random/index.js";

export interface Categories {
  /** The distribution, with parameters of its own. */
  build(): Distribution;
  /** Slots of each block: columns of categories, and of numbers that may be missing. */
  readonly sizes: readonly number[];
}

/**
 * @param slots the slot, from 0, that training rows have in each block, row-major [n, blocks]
 * @param classes as many as held-out rows want by default; 1 is independence
 * @returns undefined where all columns are numbers and none is missing
 */
export function categoriesOf(
  columns: readonly LaidColumn[],
  slots: Uint16Array,
  random: Random,
  classes?: number,
): Categories | undefined {
  const { blocks } = layoutOf(columns);
  if (blocks.length === 0) return undefined;
  const sizes = blocks.map(({ size }) => size);
  const numbers = fitLatentClasses(slots, { sizes, classes, random });
  const withheld = withheldSlots(columns);
  return {
    build: () => latentClasses({ ...numbers, withheld }),
    sizes,
  };
}

/** What draws never have, counted from the first block on: categories never seen, and missing cells. */
function withheldSlots(columns: readonly LaidColumn[]): number[] {
  const { dim, places } = layoutOf(columns);
  return columns.flatMap(({ kind, categories = [], missing }, c) => {
    const { block } = places[c];
    if (!block) return [];
    const first = block.at - dim;
    if (kind !== "categorical") return [first + 1];
    return missing ? [first + categories.length, first + categories.length + 1] : [first + categories.length];
  });
}
