// What is known of a row and what is to be drawn, in a model's coordinates.

import { type Block, type Layout, slotOf, writeCoordinates } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { farthest } from "../onnx/index.js";
import type { ColumnConfig } from "./config.js";

/** One row of which some cells are to be drawn given the others. */
export interface Target {
  /** [width]: NaN for a number to be drawn, 0 in all slots of a category to be drawn. */
  readonly coordinates: Float32Array;
  /** Coordinates of the numbers to be drawn. */
  readonly numbers: readonly number[];
  /** Coordinates of the numbers that are known. */
  readonly knownNumbers: readonly number[];
  /** Slots of the categories to be drawn: those seen in the data, so neither "never seen" nor "missing". */
  readonly categories: readonly Block[];
  /** Coordinates of the known slots: of known categories, and of cells that are present. */
  readonly knownSlots: readonly number[];
  /** Of all slots, from the first block on, those that the row may have. */
  readonly allowed: Uint8Array;
}

/**
 * The target of a row: a cell that is NaN is to be drawn. Drawn cells are present, whatever share of them is missing in the
 * data.
 *
 * @param cells [columns], in the columns' units; categories as codes
 * @param where the row, for an error
 * @throws LogdetError "data" if a number is infinite.
 */
export function targetOf(
  columns: readonly ColumnConfig[],
  layout: Layout,
  cells: Float64Array,
  where: readonly string[] = [],
): Target {
  const coordinates = new Float32Array(layout.width);
  writeCoordinates(columns, layout, cells, coordinates, { limit: farthest });
  const allowed = new Uint8Array(layout.width - layout.dim);
  const numbers: number[] = [];
  const knownNumbers: number[] = [];
  const categories: Block[] = [];
  const knownSlots: number[] = [];
  const know = (slot: number) => {
    coordinates[slot] = 1;
    allowed[slot - layout.dim] = 1;
    knownSlots.push(slot);
  };
  for (const [c, { coordinate, block }] of layout.places.entries()) {
    const column = columns[c];
    const isKnown = !Number.isNaN(cells[c]);
    if (coordinate !== undefined) {
      if (isKnown && !Number.isFinite(cells[c]))
        throw new LogdetError("data", `${cells[c]} is not a finite number`, {
          where: [...where, `column ${column.name}`],
        });
      (isKnown ? knownNumbers : numbers).push(coordinate);
    }
    if (block === undefined) continue;
    coordinates.fill(0, block.at, block.at + block.size);
    if (coordinate !== undefined || isKnown) {
      // Of a number that is to be drawn, too, the slot is known: it is there.
      know(block.at + (isKnown ? slotOf(column, cells[c]) : 0));
      continue;
    }
    const size = column.categories?.length ?? 0;
    categories.push({ at: block.at, size });
    allowed.fill(1, block.at - layout.dim, block.at - layout.dim + size);
  }
  return { coordinates, numbers, knownNumbers, categories, knownSlots, allowed };
}
