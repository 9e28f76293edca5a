// Rows as clients write them (objects by column name, or text of CSV) and as a model takes them: numbers, codes of
// categories, NaN for what is missing, dates taken apart.

import { splitKnownDates } from "../data/dates.js";
import { areWholeDates, codeOf, joinDates, readInstant } from "../data/index.js";
import { nearestName, someNames } from "../data/names.js";
import type { DatePart, KnownColumn } from "../data/table.js";
import type { ColumnConfig, Model } from "../model/index.js";
import { Refusal, shorten } from "./refusal.js";

/** A row by column name. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Whether a value is a row: an object whose cells hold nothing themselves. */
export function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const name in value) {
    const cell = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof cell === "object" && cell !== null) return false;
  }
  return true;
}

/** A cell by its row, from 0, and its column's name. */
export type CellOf = (row: number, column: string) => Row[string];

/** Where a column's cells are found among those of the model, and how they are understood. */
interface Source {
  readonly name: string;
  write(cells: Float64Array, count: number, cell: CellOf, first: number): void;
}

/** Reads rows for a model. */
export class RowReader {
  readonly #columns: readonly ColumnConfig[];
  readonly #sources: readonly Source[];

  constructor({ columns, takesMissing }: Model) {
    this.#columns = columns;
    const sources = new Map<string, Source>();
    for (const [place, column] of columns.entries()) {
      const name = column.part?.source ?? column.name;
      if (column.part === undefined)
        sources.set(name, ownColumn(column, place, columns.length, takesMissing));
      else if (!sources.has(name)) sources.set(name, dates(name, columns, takesMissing));
    }
    this.#sources = [...sources.values()];
  }

  /** The columns that rows must have. */
  get names(): readonly string[] {
    return this.#sources.map(({ name }) => name);
  }

  /**
   * @param first the number of the first of these rows among all of the request's, from 0
   * @returns row-major [count · D]
   * @throws Refusal 400 that names row and column of a cell that cannot be understood
   */
  read(count: number, cell: CellOf, first = 0): Float64Array {
    const cells = new Float64Array(count * this.#columns.length);
    for (const source of this.#sources) source.write(cells, count, cell, first);
    return cells;
  }

  /** The same of objects. */
  readObjects(rows: readonly Row[], first = 0): Float64Array {
    return this.read(
      rows.length,
      (row, column) => {
        if (Object.hasOwn(rows[row], column)) return rows[row][column];
        throw absent(column, Object.keys(rows[row]), [`row ${first + row + 1}`]);
      },
      first,
    );
  }
}

/** @param present the names that there are instead */
export function absent(column: string, present: readonly string[], where: readonly string[]): Refusal {
  // A client may send names without end, and comparing takes time.
  const some = present.slice(0, 100).map((name) => shorten(name));
  const nearest = nearestName(column, some);
  return new Refusal(400, `there is no column "${column}"`, {
    where,
    hint: nearest === undefined ? `The columns are ${someNames(some)}.` : `Rename "${nearest}"?`,
  });
}

function ownColumn(column: ColumnConfig, place: number, dim: number, takesMissing: boolean): Source {
  const { name, categories } = column;
  const code = categories && codeOf(categories);
  return {
    name,
    write(cells, count, cell, first) {
      for (let row = 0; row < count; row++) {
        const value = cell(row, name);
        if (typeof value === "number" && !code && Number.isFinite(value)) {
          cells[row * dim + place] = value;
          continue;
        }
        const where = [`row ${first + row + 1}`, `column ${name}`];
        if (isMissing(value)) {
          if (!takesMissing) throw missing(where);
          cells[row * dim + place] = Number.NaN;
        } else cells[row * dim + place] = code ? code(labelOf(value, where)) : numberOf(value, where);
      }
    },
  };
}

function dates(source: string, columns: readonly ColumnConfig[], takesMissing: boolean): Source {
  const known: (KnownColumn & { readonly part: DatePart; readonly place: number })[] = columns.flatMap(
    ({ name, categories, part }, place) =>
      part?.source === source
        ? [{ name, part: part as DatePart, place, ...(categories && { categories }) }]
        : [],
  );
  return {
    name: source,
    write(cells, count, cell, first) {
      const instants = new Float64Array(count);
      for (let row = 0; row < count; row++) {
        const value = cell(row, source);
        const where = [`row ${first + row + 1}`, `column ${source}`];
        if (isMissing(value) && !takesMissing) throw missing(where);
        instants[row] = isMissing(value) ? Number.NaN : instantOf(value, where);
      }
      const { columns: parts } = splitKnownDates(known, instants);
      for (const [i, { values }] of parts.entries())
        for (let row = 0; row < count; row++) cells[row * columns.length + known[i].place] = values[row];
    },
  };
}

/** As in files: see `readTable`. */
const missingMarks: ReadonlySet<string> = new Set(["", "na", "n/a", "null", "nan"]);

const isMissing = (value: Row[string]): boolean =>
  value === null || (typeof value === "string" && missingMarks.has(value.trim().toLowerCase()));

const missing = (where: readonly string[]) =>
  new Refusal(400, "a value is missing, and the model has nothing to fill it from", {
    where,
    hint: "Fit the model with --missing model to score rows with missing values.",
  });

function numberOf(value: Row[string], where: readonly string[]): number {
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new Refusal(400, `${shown(value)} is not a finite number`, { where });
}

function labelOf(value: Row[string], where: readonly string[]): string {
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw new Refusal(400, `${shown(value)} is not a category`, { where });
}

function instantOf(value: Row[string], where: readonly string[]): number {
  const read = typeof value === "string" ? readInstant(value) : undefined;
  if (read) return read.instant;
  throw new Refusal(400, `${shown(value)} is not a date`, {
    where,
    hint: "Write 2024-02-29 or 2024-02-29T13:45:00.",
  });
}

/** A value for a message: short, whatever it is. */
const shown = (value: Row[string]): string => shorten(JSON.stringify(value));

/** What a model's columns are called where dates are whole: one name a date. */
export function rowNames({ columns }: Model): string[] {
  return [
    ...new Set(columns.map((column) => (isOfWholeDate(column, columns) ? column.part!.source : column.name))),
  ];
}

const isOfWholeDate = ({ part }: ColumnConfig, columns: readonly ColumnConfig[]): boolean =>
  part !== undefined && areWholeDates(columns.filter((one) => one.part?.source === part.source));

/**
 * A model's rows as objects: categories by their names, dates whole again, null for missing cells.
 *
 * @param rows row-major [n · D], as `Model.sample` draws them
 */
export function rowObjects({ columns, dim }: Model, rows: Float64Array): Row[] {
  const count = rows.length / dim;
  const cells = columns.map((column, d) => ({
    ...column,
    values: Float64Array.from({ length: count }, (_, i) => rows[i * dim + d]),
  }));
  const named = new Map<string, readonly Row[string][]>();
  for (const column of cells) {
    const { name, part, categories, values } = column;
    if (part !== undefined && isOfWholeDate(column, columns)) {
      if (!named.has(part.source))
        named.set(part.source, joinDates(cells.filter((one) => one.part?.source === part.source)));
    } else
      named.set(
        name,
        Array.from(values, (value) =>
          categories ? (categories[value] ?? null) : Number.isFinite(value) ? value : null,
        ),
      );
  }
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(Array.from(named, ([name, values]) => [name, values[row]])),
  );
}
