// Tables with a `label` column, 1 for an anomaly and 0 for none, and how the two protocols divide their rows.

import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LogdetError, Random, readTable, splitRows, type Table } from "logdet";
import { pick } from "./tables.js";

export interface LabelledTable {
  readonly name: string;
  /** Every column but the label. */
  readonly features: Table;
  /** One a row, 1 for an anomaly. */
  readonly labels: Uint8Array;
}

/** Names of the CSV files of a folder that have a column `label`, without extension and the prefix `adbench_`. */
export async function labelledNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const file of readdirSync(folder).sort())
    if (file.endsWith(".csv") && (await header(join(folder, file))).includes("label"))
      names.push(shortName(file));
  if (names.length > 0) return names;
  throw new LogdetError("usage", `no CSV file with a column "label" in ${folder}`, {
    hint: "Put tables there whose column `label` is 1 for an anomaly and 0 for any other row.",
  });
}

const shortName = (file: string) => file.replace(/^adbench_/, "").replace(/\.csv$/, "");

async function header(path: string): Promise<string[]> {
  const stream = createReadStream(path, { encoding: "utf8" });
  try {
    for await (const line of createInterface({ input: stream }))
      return line.split(",").map((name) =>
        name
          .replace(/^\uFEFF/, "")
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      );
    return [];
  } finally {
    stream.destroy();
  }
}

/**
 * The table that `labelledNames` calls `name`. Rows with missing values are left out.
 *
 * @param options.rows use at most so many rows, drawn at random whatever their labels
 * @throws LogdetError "usage" when there is no such table; "data" when a label is neither 0 nor 1, or all are the same;
 *   as `readTable`
 */
export async function labelledTable(
  folder: string,
  name: string,
  { rows = Number.POSITIVE_INFINITY }: { rows?: number } = {},
): Promise<LabelledTable> {
  const file = readdirSync(folder).find(
    (file) => file.endsWith(".csv") && shortName(file) === shortName(name),
  );
  if (file === undefined)
    throw new LogdetError("usage", `no table ${name}.csv or adbench_${name}.csv in ${folder}`, {
      hint: `Tables with a label: ${(await labelledNames(folder)).join(", ")}.`,
    });
  const all = await readTable([join(folder, file)], { missing: "drop" });
  const table = all.rows > rows ? pick(all, new Random(3).permutation(all.rows).slice(0, rows).sort()) : all;
  const label = table.columns.find((column) => column.name === "label");
  if (label === undefined) throw new LogdetError("data", 'there is no column "label"', { where: [file] });
  const odd = label.values.findIndex((value) => value !== 0 && value !== 1);
  if (odd >= 0)
    throw new LogdetError("data", `a label must be 0 or 1, got ${label.values[odd]}`, { where: [file] });
  const labels = Uint8Array.from(label.values);
  if (!labels.includes(0) || !labels.includes(1))
    throw new LogdetError("data", `all ${table.rows} rows have the label ${labels[0]}`, {
      where: [file],
      hint: "Ranking needs rows of both kinds; use more rows.",
    });
  const features = { ...table, columns: table.columns.filter((column) => column !== label) };
  return { name: shortName(file), features, labels };
}

/**
 * normal: fitted to 70 % of the normal rows, judged on the other 30 % and all anomalies.
 * unsupervised: fitted to all rows, labels unseen, and judged on the same rows.
 */
export const protocols = ["normal", "unsupervised"] as const;
export type Protocol = (typeof protocols)[number];

/** Rows to fit and rows to judge by. */
export interface LabelledSplit {
  readonly train: Table;
  readonly test: Table;
  /** Of the rows of `test`. */
  readonly labels: Uint8Array;
  /** Whether `test` is `train`, row by row. */
  readonly same: boolean;
}

/** Divides a table's rows; the same seed divides them the same way. */
export function divide({ features, labels }: LabelledTable, protocol: Protocol, seed: number): LabelledSplit {
  if (protocol === "unsupervised") return { train: features, test: features, labels, same: true };
  const rows = Uint32Array.from(labels.keys());
  const normal = rows.filter((row) => labels[row] === 0);
  const { train, validation } = splitRows(normal.length, 0.3, new Random(seed).split("normal rows"));
  const tested = Uint32Array.from([
    ...validation.map((i) => normal[i]),
    ...rows.filter((row) => labels[row] === 1),
  ]).sort();
  return {
    train: pick(
      features,
      train.map((i) => normal[i]),
    ),
    test: pick(features, tested),
    labels: Uint8Array.from(tested, (row) => labels[row]),
    same: false,
  };
}

/** Rows of a table, row-major. */
export function rowMajor({ columns, rows }: Table): Float64Array {
  const dim = columns.length;
  const flat = new Float64Array(rows * dim);
  for (const [d, { values }] of columns.entries())
    for (let i = 0; i < rows; i++) flat[i * dim + d] = values[i];
  return flat;
}
