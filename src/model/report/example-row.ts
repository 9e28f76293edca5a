// A row to try a model with, put together from the typical cell of each column: no row of the data, but by coincidence.

import { areWholeDates, type DatePart, joinDates } from "../../data/index.js";

/** What has to be known of a column. */
interface Column {
  readonly name: string;
  readonly kind: string;
  readonly type?: string | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly part?: DatePart | undefined;
  readonly quantum?: number | undefined;
  /** Whether all values are whole quanta from the minimum. */
  readonly lattice?: boolean | undefined;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A cell as a table has it: a number, a category, or a date as text. */
export interface TableCell {
  readonly name: string;
  readonly cell: string | number;
}

/**
 * The most frequent category of each column of categories; of numbers the median, rounded to a tenth of the standard
 * deviation (that rounded down to a power of ten), or to the lattice of a discrete column; whole hours. Medians go together better than means do: most days without
 * rain have none, whatever its mean.
 *
 * @param rows what is counted, row-major [n, columns], codes of categories, NaN where a cell is missing
 * @returns one number a column, as the model takes them
 */
export function exampleRow(columns: readonly Column[], rows: Float64Array): Float64Array {
  return Float64Array.from(columns, (column, d) => {
    const cells = Float64Array.from(
      { length: rows.length / columns.length },
      (_, i) => rows[i * columns.length + d]!,
    );
    const known = cells.filter((cell) => !Number.isNaN(cell)).sort();
    return column.categories
      ? mode(column.categories.length, known)
      : rounded(known[(known.length - 1) >> 1] ?? column.mean, column);
  });
}

/** The same row as a table has it: categories by their names, dates whole. Nothing where a part of a date is no column. */
export function tableCells(columns: readonly Column[], row: Float64Array): TableCell[] | undefined {
  const valued = columns.map((column, d) => ({ ...column, values: Float64Array.of(row[d]!) }));
  const cells = new Map<string, string | number | null>();
  for (const { name, part, categories, values } of valued) {
    if (part === undefined) cells.set(name, categories?.[values[0]!] ?? values[0]!);
    else if (!cells.has(part.source)) {
      const parts = valued.filter((one) => one.part?.source === part.source);
      if (!areWholeDates(parts)) return undefined;
      cells.set(part.source, joinDates(parts)[0]!);
    }
  }
  return [...cells].flatMap(([name, cell]) => (cell === null ? [] : [{ name, cell }]));
}

function mode(categories: number, codes: Float64Array): number {
  const counts = new Array<number>(categories).fill(0);
  for (const code of codes) if (code < categories) counts[code]!++;
  return counts.indexOf(Math.max(...counts));
}

function rounded(value: number, column: Column): number {
  const { type, part, quantum = 0, lattice, standardDeviation, minimum, maximum } = column;
  const within = (value: number) => Number(Math.max(minimum, Math.min(maximum, value)).toPrecision(12));
  if (part?.part === "hour") return within(Math.round(value));
  if (lattice && quantum > 0) return within(minimum + Math.round((value - minimum) / quantum) * quantum);
  // Close to a bound a value may be much smaller than the standard deviation: it must not become 0.
  const size = type === "positive" ? Math.min(standardDeviation, Math.abs(value)) : standardDeviation;
  const decimals = 1 - Math.floor(Math.log10(size));
  return within(Math.abs(decimals) > 15 ? value : Math.round(value * 10 ** decimals) / 10 ** decimals);
}
