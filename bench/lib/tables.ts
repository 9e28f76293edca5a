// The tables of the density benchmark: rows to fit, rows to test on, both in one continuous space.

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  analyzeColumns,
  type ColumnPlan,
  LogdetError,
  Random,
  readTable,
  splitRows,
  standardizedRows,
  type Table,
  tableFromColumns,
} from "logdet";
import { readNpy } from "./npy.js";

export interface BenchTable {
  readonly name: string;
  /** Training and validation rows, as they are in the file: logdet dequantises them itself. */
  readonly fit: Table;
  readonly columns: readonly ColumnPlan[];
  /** Rows to test on, standardised and dequantised once, row-major. */
  readonly test: Float32Array;
}

/** Rows of a table by index. */
export function pick(table: Table, rows: Uint32Array): Table {
  return tableFromColumns(
    table.columns.map(({ name, values }) => ({
      name,
      values: Float64Array.from(rows, (row) => values[row]),
    })),
  );
}

/** The tables that benchmarks know of, narrow ones first. */
const TABLES = [
  "annthyroid",
  "mammography",
  "power_slice",
  "shuttle",
  "magic",
  "pendigits",
  "cardio",
  "satellite",
  "bsds300",
];

const arrayPath = (folder: string, name: string, part: string) => join(folder, `${name}_${part}.npy`);
const csvPath = (folder: string, name: string) => join(folder, `adbench_${name}.csv`);

/**
 * Names of the known tables that are in the folder.
 *
 * @throws LogdetError "usage" when there is none
 */
export function presentTables(folder: string): string[] {
  const present = TABLES.filter(
    (name) => existsSync(arrayPath(folder, name, "train")) || existsSync(csvPath(folder, name)),
  );
  if (present.length > 0) return present;
  throw new LogdetError("usage", `no table that is known in ${folder}`, {
    hint: `Put adbench_NAME.csv or NAME_{train,val,test}.npy there, NAME one of ${TABLES.join(", ")}.`,
  });
}

/**
 * Rows with label 0 of an ADBench table, a tenth of them for the test; or the arrays NAME_{train,val,test}.npy.
 *
 * @param options.rows fit at most so many rows, drawn at random; all rows of the test are kept
 * @throws LogdetError "usage" when the folder has no such table
 */
export async function benchTable(
  folder: string,
  name: string,
  { rows = Number.POSITIVE_INFINITY }: { rows?: number } = {},
): Promise<BenchTable> {
  const [all, test] = existsSync(arrayPath(folder, name, "train"))
    ? await arrays(folder, name)
    : await labelled(folder, name);
  const fit = all.rows > rows ? pick(all, new Random(3).permutation(all.rows).slice(0, rows).sort()) : all;
  const { plans } = analyzeColumns(fit);
  return { name, fit, columns: plans, test: standardizedRows(test, plans, undefined, new Random(7)) };
}

async function labelled(folder: string, name: string): Promise<[Table, Table]> {
  const path = csvPath(folder, name);
  if (!existsSync(path))
    throw new LogdetError("usage", `no table ${path}`, { hint: "Say where the tables are: --data DIR" });
  const table = await readTable([path]);
  const label = table.columns.find((column) => column.name === "label");
  const normal = Uint32Array.from(table.columns[0].values.keys()).filter((row) => label?.values[row] === 0);
  const features = {
    ...table,
    columns: table.columns.filter((column) => column !== label),
  };
  const rows = pick(features, normal);
  const { train, validation } = splitRows(rows.rows, 0.1, new Random(42));
  return [pick(rows, train), pick(rows, validation)];
}

async function arrays(folder: string, name: string): Promise<[Table, Table]> {
  const parts = await Promise.all(
    ["train", "val", "test"].map((part) => readNpy(arrayPath(folder, name, part))),
  );
  const [train, validation, test] = parts.map(({ shape, data }) => {
    const [rows, dim] = shape;
    return Array.from({ length: dim }, (_, column) =>
      Float64Array.from({ length: rows }, (_, row) => data[row * dim + column]),
    );
  });
  const named = (columns: readonly Float64Array[]) =>
    tableFromColumns(columns.map((values, i) => ({ name: `x${i}`, values })));
  return [named(train.map((values, i) => Float64Array.from([...values, ...validation[i]]))), named(test)];
}
