// The column of logdet score --reasons: for each row the columns that make it strange, in words.

import type { Table } from "../data/index.js";
import type { Model } from "../model/index.js";
import { countOf, formatCount } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import type { Output } from "./output.js";

export interface ReasonsFlags {
  /** Columns to name. */
  readonly reasons?: number;
  readonly seed?: number;
}

/** What there is to say. */
export interface RowReasons {
  /** One a row of the files; null where there is nothing to say. */
  readonly words: readonly (string | null)[];
  /** Rows that were explained. */
  readonly explained: number;
  /** Rows that Ctrl-C left without. */
  readonly left: number;
}

/** Some rows of a table, row-major. */
export function takeRows({ columns }: Table, places: readonly number[]): Float64Array {
  const rows = new Float64Array(places.length * columns.length);
  for (const [i, place] of places.entries())
    for (const [d, { values }] of columns.entries()) rows[i * columns.length + d] = values[place];
  return rows;
}

/**
 * Reasons for the flagged rows, or for all where nothing was decided. The first Ctrl-C keeps those found so far.
 *
 * @param flags one a row of the files
 */
export async function reasonsFor(
  model: Model,
  table: Table,
  flags: readonly (boolean | null)[] | undefined,
  { reasons: top, seed }: ReasonsFlags,
  output: Output,
): Promise<RowReasons> {
  const { defaultExplanationMethod, explain, explanationMethods, reasonsInWords } = await import(
    "../explain/index.js"
  );
  const sourceRow = (place: number) => table.rowIndex?.[place] ?? place;
  const places = Array.from({ length: table.rows }, (_, i) => i).filter(
    (place) => flags === undefined || flags[sourceRow(place)] === true,
  );
  const words: (string | null)[] = Array(table.sourceRows).fill(null);
  const interruption = onInterrupt(() => {
    output.progress.clear();
    output.note("No more reasons; the table will be written. Ctrl-C again ends at once.");
  });
  try {
    const explained = await explain(model, takeRows(table, places), {
      top,
      seed,
      signal: interruption.signal,
      onProgress: (done, total) =>
        output.progress.update({
          done,
          total,
          text: `${formatCount(done)}/${countOf(total, "row")} explained`,
        }),
    });
    const method = explanationMethods[defaultExplanationMethod];
    for (const [i, { reasons }] of explained.entries())
      words[sourceRow(places[i])] = reasonsInWords(method, reasons, model.columns) || null;
    return { words, explained: explained.length, left: places.length - explained.length };
  } finally {
    interruption.release();
    output.progress.clear();
  }
}
