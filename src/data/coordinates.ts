// How the columns of a table become the coordinates of a flow: numeric columns one each, in front; then, for every
// categorical column, one slot a category, of which one is 1 and the others are 0.

/** What a layout has to know of a column. */
export interface LaidColumn {
  readonly kind: "continuous" | "discrete" | "categorical";
  /** What code k stands for; categorical columns only. */
  readonly categories?: readonly string[] | undefined;
  /** Whether cells of the column may be missing, so that rows say which are. */
  readonly missing?: boolean | undefined;
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
