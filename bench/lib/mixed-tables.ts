// The tables of the mixed benchmark: complete rows of numbers and categories, and how they are divided.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  analyzeColumns,
  codeOf,
  LogdetError,
  labelsOf,
  Random,
  readTable,
  splitRows,
  type Table,
  tableFromColumns,
} from "logdet";

/** A column's cells: words of categories, or numbers. */
interface MixedColumn {
  readonly name: string;
  readonly cells: readonly string[] | Float64Array;
}

export interface MixedTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly MixedColumn[];
}

interface Source {
  /** In the folder that is given, or of the development dependency vega-datasets. */
  readonly file: string;
  readonly from: "vega-datasets" | "data";
  readonly categories: readonly string[];
  readonly numbers: readonly string[];
}

/** The tables that the benchmark knows. Columns that are text, nearly always missing, or repeat others are left out. */
const sources: Readonly<Record<string, Source>> = {
  penguins: {
    ...{ file: "penguins.json", from: "vega-datasets" },
    categories: ["Species", "Island", "Sex"],
    numbers: ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"],
  },
  cars: {
    ...{ file: "cars.json", from: "vega-datasets" },
    categories: ["Origin", "Cylinders"],
    numbers: ["Miles_per_Gallon", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "Year"],
  },
  titanic: {
    ...{ file: "titanic.csv", from: "data" },
    categories: ["survived", "pclass", "sex", "embarked"],
    numbers: ["age", "sibsp", "parch", "fare"],
  },
  movies: {
    ...{ file: "movies.json", from: "vega-datasets" },
    categories: ["MPAA Rating", "Major Genre", "Source"],
    numbers: ["US Gross", "Worldwide Gross", "Production Budget", "IMDB Rating", "IMDB Votes"],
  },
  california: {
    ...{ file: "california_housing.csv", from: "data" },
    categories: ["ocean_proximity"],
    numbers: [
      ...["longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population"],
      ...["households", "median_income", "median_house_value"],
    ],
  },
};

// From bench/lib and from the compiled .bench/lib alike.
const vegaFolder = fileURLToPath(new URL("../../node_modules/vega-datasets/data", import.meta.url));

/** Names of the known tables that are there: those of vega-datasets, and of the others what the folder has. */
export function presentMixedTables(folder: string | undefined): string[] {
  return Object.keys(sources).filter(
    (name) =>
      sources[name].from === "vega-datasets" ||
      (folder !== undefined && existsSync(join(folder, sources[name].file))),
  );
}

/**
 * A known table by name; or NAME.csv of the folder as `logdet fit` would read it. Rows with missing cells are left out.
 *
 * @throws LogdetError "usage" when there is no such table; "data" when it has not both numbers and categories; as `readTable`
 */
export async function mixedTable(folder: string | undefined, name: string): Promise<MixedTable> {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source?.from === "vega-datasets") return fromRecords(name, source);
  const path = folder === undefined ? undefined : join(folder, source?.file ?? `${name}.csv`);
  if (path === undefined || !existsSync(path))
    throw new LogdetError("usage", `there is no table ${path ?? name}`, {
      hint: `Tables: ${Object.keys(sources).join(", ")}; titanic, california and NAME.csv need --data DIR.`,
    });
  const table = await readTable([path], {
    ...(source && { columns: [...source.categories, ...source.numbers] }),
    types: Object.fromEntries(source?.categories.map((category) => [category, "categorical"]) ?? []),
    missing: "drop",
  });
  const columns = table.columns.map(({ name, values, categories }) => ({
    name,
    cells: categories ? labelsOf({ values, categories }).map(String) : values,
  }));
  return checked({ name, rows: table.rows, columns });
}

function checked(table: MixedTable): MixedTable {
  const kinds = new Set(table.columns.map(({ cells }) => cells instanceof Float64Array));
  if (kinds.size === 2) return table;
  throw new LogdetError("data", `all columns of ${table.name} are of one kind`, {
    hint: "This benchmark compares densities of tables that have numbers and categories.",
  });
}

async function fromRecords(name: string, { file, categories, numbers }: Source): Promise<MixedTable> {
  const records = JSON.parse(await readFile(join(vegaFolder, file), "utf8")) as Record<string, unknown>[];
  // Somebody typed a dot for a penguin's sex.
  const isThere = (cell: unknown) => cell !== null && cell !== undefined && cell !== "" && cell !== ".";
  const complete = records.filter(
    (record) =>
      categories.every((column) => isThere(record[column])) &&
      numbers.every((column) => isThere(record[column]) && Number.isFinite(numberOf(record[column]))),
  );
  return {
    name,
    rows: complete.length,
    columns: [
      ...categories.map((column) => ({
        name: column,
        cells: complete.map((record) => String(record[column])),
      })),
      ...numbers.map((column) => ({
        name: column,
        cells: Float64Array.from(complete, (record) => numberOf(record[column])),
      })),
    ],
  };
}

/** A number as it is; of a date its year. */
function numberOf(cell: unknown): number {
  const year = typeof cell === "string" ? /^(\d{4})-\d\d-\d\d$/.exec(cell)?.[1] : undefined;
  return Number(year ?? cell);
}

/** Rows to fit and rows to judge by; categories are those of the rows to fit. */
export interface MixedSplit {
  readonly train: Table;
  /** In the columns of `train`: codes, K for a category that no row to fit has; numbers dequantised once, for all models. */
  readonly test: readonly Float64Array[];
  /** Widths of the numbers' cells in the rows to fit, 0 where a column is continuous and for categories. */
  readonly steps: Float64Array;
}

/** Divides the rows, three tenths of them to judge by; the same seed divides them the same way. */
export function divideMixed({ rows, columns }: MixedTable, seed: number): MixedSplit {
  const random = new Random(seed);
  const { train: fitted, validation: judged } = splitRows(rows, 0.3, random.split("rows"));
  const train = tableFromColumns(
    columns.map(({ name, cells }) => ({
      name,
      values:
        cells instanceof Float64Array
          ? Float64Array.from(fitted, (row) => cells[row])
          : Array.from(fitted, (row) => cells[row]),
    })),
  );
  const quanta = new Map(analyzeColumns(train).plans.map(({ name, quantum }) => [name, quantum]));
  const steps = Float64Array.from(columns, ({ name }) => quanta.get(name) ?? 0);
  const noise = random.split("noise");
  const test = columns.map(({ cells }, d) => {
    if (cells instanceof Float64Array)
      return Float64Array.from(judged, (row) => cells[row] + steps[d] * (noise.uniform() - 0.5));
    const code = codeOf(train.columns[d].categories ?? []);
    return Float64Array.from(judged, (row) => code(cells[row]));
  });
  return { train, test, steps };
}
