// How the columns of a table become the coordinates of a flow: numeric columns one each, in front; then, for every
// categorical column, one slot a category, of which one is 1 and the others are 0.

import type { FloatArray } from "../runtime/index.js";

/** What a layout has to know of a column. */
export interface LaidColumn {
  readonly kind: "continuous" | "discrete" | "categorical";
  /** What code k stands for; categorical columns only. */
  readonly categories?: readonly string[] | undefined;
  /** Whether cells of the column may be missing, so that rows say which are. */
  readonly missing?: boolean | undefined;
}

/** What must be known of a column to write its coordinates. */
export interface CodedColumn extends LaidColumn {
  /** What becomes 0, and what 1; in the column's units. Not looked at for categorical columns. */
  readonly center: number;
  readonly scale: number;
}

/** So many slots from a coordinate on, of which exactly one is 1. */
export interface Block {
  readonly at: number;
  readonly size: number;
}

/** Where one column is. */
export interface ColumnPlace {
  /** The coordinate of a numeric column; of a categorical one, none. */
  readonly coordinate: number | undefined;
  /**
   * The slots of a categorical column: one a category, one for categories never seen, one for missing cells if there may
   * be any. Of a numeric column with missing cells, [present, missing]; of any other, none.
   */
  readonly block: Block | undefined;
}

/** Where every column is. */
export interface Layout {
  /** Numeric columns: the coordinates 0 … dim − 1. */
  readonly dim: number;
  /** All coordinates; `dim` where there are no blocks. */
  readonly width: number;
  /** One a column, in the columns' order. */
  readonly places: readonly ColumnPlace[];
  /** All blocks, in the order of their coordinates. */
  readonly blocks: readonly Block[];
}

/**
 * @example
 * layoutOf([{ kind: "categorical", categories: ["a", "b"] }, { kind: "continuous" }])
 * // dim 1, width 4: the number, then "a", "b" and any other
 */
export function layoutOf(columns: readonly LaidColumn[]): Layout {
  const dim = columns.filter(({ kind }) => kind !== "categorical").length;
  let coordinate = 0;
  let width = dim;
  const blocks: Block[] = [];
  const places = columns.map(({ kind, categories = [], missing = false }): ColumnPlace => {
    const isNumeric = kind !== "categorical";
    const size = isNumeric ? (missing ? 2 : 0) : categories.length + 1 + (missing ? 1 : 0);
    const block = size > 0 ? { at: width, size } : undefined;
    if (block) blocks.push(block);
    width += size;
    return { coordinate: isNumeric ? coordinate++ : undefined, block };
  });
  return { dim, width, places, blocks };
}

/**
 * The slot, from 0, that a cell's block has a 1 in.
 *
 * @param value the cell: a number or a category's code; NaN if it is missing
 */
export function slotOf({ kind, categories = [], missing = false }: LaidColumn, value: number): number {
  if (kind !== "categorical") return Number.isNaN(value) ? 1 : 0;
  // In a column that had no missing cells, such a cell is as a category never seen.
  if (Number.isNaN(value)) return categories.length + (missing ? 1 : 0);
  return Number.isInteger(value) && value >= 0 && value < categories.length ? value : categories.length;
}

/**
 * Writes rows of cells as rows of coordinates: a number v becomes (v − center) / scale, a category the 1 of its slot.
 *
 * A missing number leaves NaN in its coordinate, for a filler to replace, and a 1 in "missing" if the column has such a
 * slot. Nothing is dequantised. Cost O(width) a row.
 *
 * @param rows row-major [n, columns]: numbers in the columns' units, codes of categories, NaN for missing cells
 * @param out row-major [n, layout.width] at least; all n · width numbers are written
 * @param options.limit standardised numbers are cut off at ± this; default: none
 * @example writeCoordinates(model.columns, layoutOf(model.columns), rows, new Float32Array(n * layout.width))
 */
export function writeCoordinates(
  columns: readonly CodedColumn[],
  layout: Layout,
  rows: FloatArray,
  out: FloatArray,
  { limit = Infinity }: { readonly limit?: number } = {},
): void {
  const count = rows.length / columns.length;
  if (layout.blocks.length > 0) out.fill(0, 0, count * layout.width);
  columns.forEach((column, c) => {
    writeColumn(column, layout, c, count, (row) => rows[row * columns.length + c], out, limit);
  });
}

/**
 * Writes the coordinates of column c for so many rows, in `out` of which the blocks are 0 so far.
 *
 * @param cell the column's cell of a row
 */
export function writeColumn(
  column: CodedColumn,
  { places, width }: Layout,
  c: number,
  count: number,
  cell: (row: number) => number,
  out: FloatArray,
  limit = Infinity,
): void {
  const { center, scale } = column;
  const { coordinate, block } = places[c];
  for (let row = 0; row < count; row++) {
    const value = cell(row);
    if (coordinate !== undefined)
      out[row * width + coordinate] = Math.max(-limit, Math.min(limit, (value - center) / scale));
    if (block !== undefined) out[row * width + block.at + slotOf(column, value)] = 1;
  }
}

/**
 * Rows of cells from rows of coordinates: what `writeCoordinates` undoes. A category is the slot with the largest number; a
 * cell whose slot "missing" has the largest is NaN.
 *
 * @param rows row-major [n, layout.width]
 * @returns row-major [n, columns]
 */
export function readCoordinates(
  columns: readonly CodedColumn[],
  { places, width }: Layout,
  rows: FloatArray,
): Float64Array {
  const count = rows.length / width;
  const cells = new Float64Array(count * columns.length);
  for (let row = 0; row < count; row++)
    for (const [c, { coordinate, block }] of places.entries()) {
      const { center, scale, categories = [] } = columns[c];
      const slot = block && largest(rows, row * width + block.at, block.size);
      const isMissing = slot === (coordinate === undefined ? categories.length + 1 : 1);
      const number = coordinate === undefined ? (slot ?? 0) : rows[row * width + coordinate] * scale + center;
      cells[row * columns.length + c] = isMissing ? Number.NaN : number;
    }
  return cells;
}

/** The place, from 0, of the largest of some numbers. */
function largest(values: FloatArray, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}
