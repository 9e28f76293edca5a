// A separation's files: whoever wrote them, they are checked before anything is made of them.

import { lstat, readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { readTable, type Table } from "../../data/index.js";
import { LogdetError } from "../../errors.js";
import { Refusal } from "../refusal.js";
import type { StudioFolder } from "./folder.js";
import type { MixingAnswer, SourcesAnswer } from "./sources-answers.js";

const largestDescription = 16 * 2 ** 20;
/** Columns of the mixing matrix that a picture has room for. */
const mostColumns = 40;

const number = z.number().nullable();
const description = z.object({
  sources: z
    .array(
      z.object({
        name: z.string().min(1),
        kurtosis: number,
        contribution: number,
        density: z.enum(["peaked", "flat"]).optional(),
        stability: number,
      }),
    )
    .min(1)
    .max(10_000),
  columns: z.array(z.string().min(1)).min(1).max(10_000),
  rows: z.int().positive(),
  logProb: number.optional(),
  contrast: z.number().optional(),
  converged: z.boolean().optional(),
  mcc: z.number().optional(),
});

/** What ica.json says. @throws Refusal as `StudioFolder.resolve`; LogdetError "data" if it is no separation's */
export async function readSeparation(folder: StudioFolder, name: string): Promise<SourcesAnswer> {
  const path = await folder.resolveFile(`${name}/ica.json`);
  const broken = (problem: string) =>
    new LogdetError("data", `ica.json is not as logdet ica writes it: ${problem}`, {
      where: [name],
      hint: "Write the folder anew with logdet ica --force.",
    });
  const { size } = await lstat(path);
  if (size > largestDescription) throw broken(`it has ${size} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw broken((error as Error).message);
  }
  const parsed = description.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw broken(`${path.join(".")}: ${message}`);
  }
  const { sources, columns, rows, logProb = null, contrast, converged, mcc } = parsed.data;
  return {
    ...{ name, rows, columns, logProb },
    sources: sources.map(({ density, ...source }) => ({ ...source, density })),
    isNonlinear: contrast !== undefined,
    hasConverged: converged,
    matchingTruth: mcc,
  };
}

/** Some of the sources' series, and the last ones read, for the next window of the same. */
export class SourceTables {
  readonly #folder: StudioFolder;
  #last: { readonly key: string; readonly table: Promise<Table> } | undefined;

  constructor(folder: StudioFolder) {
    this.#folder = folder;
  }

  /** @throws Refusal as `StudioFolder.resolve`, LogdetError "data" as `readTable` */
  async of(name: string, sources: readonly string[]): Promise<Table> {
    const path = await this.#path(name);
    const { mtimeMs, size, ino } = await stat(path);
    const key = JSON.stringify([path, mtimeMs, size, ino, sources]);
    if (this.#last?.key === key) return this.#last.table;
    const table = readTable([path], { columns: sources });
    const mine = { key, table };
    this.#last = mine;
    table.catch(() => {
      if (this.#last === mine) this.#last = undefined;
    });
    return table;
  }

  async #path(name: string): Promise<string> {
    try {
      return await this.#folder.resolveFile(`${name}/sources.csv`);
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 404)) throw error;
      return this.#folder.resolveFile(`${name}/sources.parquet`);
    }
  }
}

/** Some rows of the mixing matrix, `first` from 0. @throws as `SourceTables.of`, and if the matrix has not a row a source */
export async function readMixing(
  folder: StudioFolder,
  { name, columns, sources }: SourcesAnswer,
  first: number,
  count: number,
): Promise<MixingAnswer> {
  const table = await readTable([await folder.resolveFile(`${name}/mixing.csv`)], { columns });
  if (table.rows !== sources.length)
    throw new LogdetError(
      "data",
      `mixing.csv has ${table.rows} rows, one a source would be ${sources.length}`,
      {
        where: [name],
      },
    );
  const total = table.columns.map(({ values }) => Math.hypot(...values));
  const places = sources.map((_, i) => i).slice(first, first + count);
  const share = (i: number, j: number) => (total[j] > 0 ? table.columns[j].values[i] / total[j] : 0);
  const strength = columns.map((_, j) => Math.hypot(...places.map((i) => share(i, j))));
  const shown = Array.from(columns.keys())
    .sort((a, b) => strength[b] - strength[a])
    .slice(0, mostColumns)
    .sort((a, b) => a - b);
  return {
    sources: places.map((i) => sources[i].name),
    columns: shown.map((j) => columns[j]),
    size: columns.length,
    matrix: places.map((i) => shown.map((j) => table.columns[j].values[i])),
    shares: places.map((i) => shown.map((j) => share(i, j))),
  };
}
