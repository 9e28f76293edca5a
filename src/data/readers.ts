// What is known of one column while the rows of the files go past: numbers, dates or the names of categories.

import { type DuckDBConnection, DuckDBDoubleVector, type DuckDBVector } from "@duckdb/node-api";
import { codeOf, sortLabels, truthCategories, truthOf } from "./categories.js";
import { isInRange } from "./dates.js";
import { readingFailed } from "./messages.js";
import { dateSql, labelSql, numberSql, type Scan } from "./scan.js";

/** Where a cell is, and in which file. */
export interface Place {
  readonly scan: Scan;
  /** From 0, within the file. */
  readonly row: number;
}

/** Takes the cells of one column, in chunks. */
export abstract class ColumnReader {
  readonly name: string;
  length = 0;
  missing = 0;
  #chunks: Float64Array[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** What is read of column `i` of a file. */
  abstract sql(scan: Scan, i: number): string;

  /** Takes `values.length` cells that start at row `start` of their file. */
  protected abstract fill(values: Float64Array, vector: DuckDBVector, scan: Scan, start: number): void;

  take(vector: DuckDBVector, rows: number, scan: Scan, start: number): void {
    const values = new Float64Array(rows);
    this.fill(values, vector, scan, start);
    this.#chunks.push(values);
    this.length += rows;
  }

  /** All values, NaN where missing. Gives the chunks up, so that a table is never held twice. */
  join(): Float64Array {
    const values = new Float64Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      values.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    return values;
  }
}

/** Cells that are numbers. */
export class NumberReader extends ColumnReader {
  /** Cells that hold something else. */
  others = 0;
  /** The first of them, and the first cell that is infinite, or a date too far away. */
  firstOther: Place | undefined;
  firstInfinite: (Place & { value: number }) | undefined;

  sql(scan: Scan, i: number): string {
    return numberSql(scan, i);
  }

  protected fill(values: Float64Array, vector: DuckDBVector, scan: Scan, start: number): void {
    if (!(vector instanceof DuckDBDoubleVector)) throw new Error(`column ${this.name} is not float64`);
    for (let i = 0; i < values.length; i++) {
      const value = vector.getItem(i);
      if (value === null) {
        this.others++;
        this.firstOther ??= { scan, row: start + i };
      } else if (Number.isNaN(value)) {
        this.missing++;
      } else if (!this.isUsable(value)) {
        this.firstInfinite ??= { scan, row: start + i, value };
      }
      values[i] = value ?? Number.NaN;
    }
  }

  protected isUsable(value: number): boolean {
    return Number.isFinite(value);
  }

  /** Whether most cells that are not missing hold something else: no column of numbers with bad cells. */
  get isOther(): boolean {
    return this.others > 0 && 2 * this.others >= this.length - this.missing;
  }
}

/** Cells that are dates: microseconds since 1970. */
export class DateReader extends NumberReader {
  override sql(scan: Scan, i: number): string {
    return dateSql(scan, i);
  }

  protected override isUsable(value: number): boolean {
    return isInRange(value);
  }
}

/** Cells that are names of categories: at first coded in the order in which they are seen. */
export class LabelReader extends ColumnReader {
  /** The code of each label, and where it was seen first. */
  readonly labels = new Map<string, Place & { readonly code: number }>();

  sql(scan: Scan, i: number): string {
    return labelSql(scan, i);
  }

  protected fill(values: Float64Array, vector: DuckDBVector, scan: Scan, start: number): void {
    for (let i = 0; i < values.length; i++) {
      const label = vector.getItem(i);
      if (label === null) {
        this.missing++;
        values[i] = Number.NaN;
        continue;
      }
      const text = String(label);
      let seen = this.labels.get(text);
      if (seen === undefined) {
        seen = { code: this.labels.size, scan, row: start + i };
        this.labels.set(text, seen);
      }
      values[i] = seen.code;
    }
  }

  /** The categories of the labels seen. */
  categories(isBoolean: boolean): string[] {
    const labels = [...this.labels.keys()];
    return isBoolean ? truthCategories(labels) : sortLabels(labels);
  }

  /** The first label that says neither true nor false. */
  firstUntrue(): (Place & { readonly label: string }) | undefined {
    for (const [label, place] of this.labels) if (truthOf(label) === undefined) return { label, ...place };
    return undefined;
  }

  /** All codes, by the given categories. */
  joinCodes(categories: readonly string[]): Float64Array {
    const code = codeOf(categories);
    const codes = Float64Array.from(this.labels.keys(), code);
    return this.join().map((value) => (Number.isNaN(value) ? value : codes[value]));
  }
}

/**
 * Lets the readers have their columns of a file, all rows in order.
 *
 * @throws LogdetError (data) if the file is no such table
 */
export async function readFile(
  connection: DuckDBConnection,
  scan: Scan,
  readers: readonly ColumnReader[],
): Promise<void> {
  const position = new Map(scan.columns.map((column, i) => [column.name, i]));
  const select = readers.map((reader) => reader.sql(scan, position.get(reader.name)!));
  try {
    // Not `stream`: a streamed result that meets an error midway just ends, as if the file ended there.
    const result = await connection.run(`SELECT ${select.join(", ")} FROM ${scan.from}`, [
      ...scan.parameters,
    ]);
    let start = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      readers.forEach((reader, j) => {
        reader.take(chunk.getColumnVector(j), chunk.rowCount, scan, start);
      });
      start += chunk.rowCount;
    }
  } catch (error) {
    throw readingFailed(scan.file, error);
  }
}
