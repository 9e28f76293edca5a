// Columns to coordinates and back as formulas, for exported models: what data/coordinates.ts does to numbers.

import type { LaidColumn, Layout } from "../data/index.js";
import {
  concat,
  constant,
  equal,
  fullLike,
  matmul,
  slice,
  sub,
  sum,
  type Tensor,
  toFloat,
} from "../tensor/index.js";

/** One column of a matrix, [batch, 1]. */
const columnOf = (rows: Tensor, i: number): Tensor => slice(rows, 1, i, i + 1);

/**
 * Standardised columns, categories as codes, [batch, columns], as coordinates, [batch, width]. Numbers are there: a row
 * with a missing number has no single place among the coordinates.
 */
export function toCoordinates(x: Tensor, columns: readonly LaidColumn[], layout: Layout): Tensor {
  if (layout.blocks.length === 0) return x;
  const numbers: Tensor[] = [];
  const blocks: Tensor[] = [];
  for (const [c, { kind, categories = [], missing }] of columns.entries()) {
    const cell = columnOf(x, c);
    if (kind !== "categorical") {
      numbers.push(cell);
      if (missing) blocks.push(fullLike(cell, 1), fullLike(cell, 0));
      continue;
    }
    const known = concat(
      categories.map((_, code) => toFloat(equal(cell, code))),
      1,
    );
    const isMissing = sub(1, toFloat(equal(cell, cell)));
    const unseen = sub(1, sum(known, 1, { keep: true }));
    blocks.push(known, ...(missing ? [sub(unseen, isMissing), isMissing] : [unseen]));
  }
  return concat([...numbers, ...blocks], 1);
}

/** What belongs to numeric columns of [batch, width] as [batch, columns]; 0 for categorical ones. */
export function toColumns(rows: Tensor, { places }: Layout): Tensor {
  if (places.every(({ coordinate }, c) => coordinate === c) && rows.shape[1] === places.length) return rows;
  const nothing = fullLike(columnOf(rows, 0), 0);
  return concat(
    places.map(({ coordinate }) => (coordinate === undefined ? nothing : columnOf(rows, coordinate))),
    1,
  );
}

/** Drawn coordinates, [batch, width], as standardised columns with categories as codes, [batch, columns]. */
export function fromCoordinates(rows: Tensor, { places, blocks }: Layout): Tensor {
  if (blocks.length === 0) return rows;
  return concat(
    places.map(({ coordinate, block }) => {
      if (coordinate !== undefined || block === undefined) return columnOf(rows, coordinate ?? 0);
      const codes = constant(
        Float64Array.from({ length: block.size }, (_, code) => code),
        [block.size, 1],
      );
      return matmul(slice(rows, 1, block.at, block.at + block.size), codes);
    }),
    1,
  );
}
