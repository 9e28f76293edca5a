// A separation as a folder: sources, the two matrices, what is known of each source, a picture.

import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type OutputColumn, writeTable } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { exists, fileError } from "../model/index.js";
import type { Matching } from "./matching.js";
import type { NonlinearSeparation } from "./nonlinear-sources.js";
import { sourcesPicture } from "./picture.js";
import type { Separation } from "./separate.js";

export interface SaveSeparationOptions {
  /** What the sources are written as. Default "csv". */
  readonly format?: "csv" | "parquet";
  /** Replace a folder that holds a separation. */
  readonly force?: boolean;
  /** Goes into ica.json. */
  readonly matching?: Matching;
}

/**
 * Refuses a folder that should not be written, before the work is done.
 *
 * @throws LogdetError "io" if it exists and `force` is not given, or what exists is no separation.
 */
export async function checkSeparationFolder(folder: string, force: boolean): Promise<void> {
  if (!(await exists(folder))) return;
  if (!(await exists(join(folder, "ica.json"))))
    throw new LogdetError("io", "the output exists already, and holds no sources that may be replaced", {
      where: [folder],
      hint: "Choose another folder with --out.",
    });
  if (!force)
    throw new LogdetError("io", "the output exists already", {
      where: [folder],
      hint: "Choose another folder with --out, or replace it with --force.",
    });
}

/**
 * Writes a separation: `sources.csv` or `.parquet` (one column a source), `mixing.csv` (one row a source, in the
 * columns' units a standard deviation of it; of a nonlinear mixing the mean of ∂x/∂s), `unmixing.csv` (one row a
 * column; of a linear one alone), `ica.json`, `sources.svg`. Written beside its place and renamed.
 *
 * @throws LogdetError "io" as `checkSeparationFolder`, or if it cannot be written
 * @example await saveSeparation(separation, "eeg.ica")
 */
export async function saveSeparation(
  separation: Separation | NonlinearSeparation,
  folder: string,
  { format = "csv", force = false, matching }: SaveSeparationOptions = {},
): Promise<void> {
  await checkSeparationFolder(folder, force);
  const target = resolve(folder);
  const temporary = join(dirname(target), `.${basename(target)}-${randomBytes(6).toString("hex")}`);
  const { sources, columns, mixing } = separation;
  const names = sources.map(({ name }) => name);
  try {
    await mkdir(temporary);
    const file = (name: string) => ({ path: join(temporary, name) });
    await writeTable(
      sources.map(({ name, values }) => ({ name, values })),
      file(`sources.${format}`),
    );
    await writeTable(matrix("source", names, columns, mixing), file("mixing.csv"));
    if ("unmixing" in separation)
      await writeTable(matrix("column", columns, names, separation.unmixing), file("unmixing.csv"));
    await writeFile(
      join(temporary, "ica.json"),
      `${JSON.stringify(described(separation, matching), undefined, 2)}\n`,
    );
    await writeFile(join(temporary, "sources.svg"), sourcesPicture(separation));
    if (await exists(target)) {
      const old = `${temporary}-old`;
      await rename(target, old);
      await rename(temporary, target);
      await rm(old, { recursive: true, force: true });
    } else await rename(temporary, target);
  } catch (error) {
    throw fileError(error, "the sources cannot be saved", folder, "Choose another folder with --out.");
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A row-major matrix as a table, its rows' names in front. */
function matrix(
  corner: string,
  rows: readonly string[],
  columns: readonly string[],
  values: Float64Array,
): OutputColumn[] {
  return [
    { name: columns.includes(corner) ? `${corner}_name` : corner, values: rows },
    ...columns.map((name, j) => ({
      name,
      values: Float64Array.from(rows, (_, i) => values[i * columns.length + j]),
    })),
  ];
}

function described(
  separation: Separation | NonlinearSeparation,
  matching: Matching | undefined,
): Record<string, unknown> {
  const { columns, rows, sources, mean, ...found } = separation;
  const figures = Object.entries(found).filter(([name]) => name !== "mixing" && name !== "unmixing");
  return {
    sources: sources.map(({ values: _, ...source }) => source),
    columns,
    mean: Array.from(mean),
    rows,
    ...Object.fromEntries(figures),
    ...(matching && { perSource: matching.perSource, mcc: matching.mcc }),
  };
}
