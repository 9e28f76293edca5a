// A table as a model knows it: which columns a command reads for a model, and what becomes of cells that are missing.

import type { Sources, Table } from "../data/index.js";
import { nearestName } from "../data/names.js";
import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";

/** How rows are read. */
export interface ReadFlags {
  readonly missing?: "error" | "drop" | "model";
  readonly threads?: number;
}

/** As `readRows`, of files by their names. */
export async function readFiles(model: Model, data: readonly string[], flags: ReadFlags): Promise<Table> {
  const { openSources } = await import("../data/index.js");
  const sources = await openSources(data);
  try {
    return await readRows(model, sources, flags);
  } finally {
    await sources.close();
  }
}

/**
 * The rows of files with the model's columns, in their order; what is asked for to be left out is left out.
 *
 * @throws LogdetError "data" that names the columns that are missing and what they may be called in the files, "model" if
 * missing cells are to be filled and the model has nothing to fill them from; otherwise as `readTable`.
 */
export async function readRows(model: Model, sources: Sources, flags: ReadFlags): Promise<Table> {
  const { readTable } = await import("../data/index.js");
  await requireColumns(model, sources);
  return readTable(sources, {
    model: model.columns,
    missing: cellPolicy(model, flags),
    threads: flags.threads,
  });
}

/** What becomes of missing cells. */
function cellPolicy(
  { columns, takesMissing }: Model,
  { missing = columns.some((column) => column.missing) ? "model" : "error" }: ReadFlags,
): "error" | "keep" | "cells" {
  if (missing === "drop") return "keep";
  if (missing === "model" && !takesMissing)
    throw new LogdetError("model", "--missing model: this model has nothing to fill missing cells from", {
      hint: "Fit it again with --missing model.",
    });
  return missing === "model" ? "cells" : "error";
}

/** Columns of a table that the model's are made of. */
const sourcesOf = ({ columns }: Model): string[] => [
  ...new Set(columns.map(({ name, part }) => part?.source ?? name)),
];

async function requireColumns(model: Model, sources: Sources): Promise<void> {
  const { columnNames } = await import("../data/index.js");
  const present = await columnNames(sources);
  const needed = sourcesOf(model);
  const missing = needed.filter((name) => !present.includes(name));
  if (missing.length === 0) return;
  const unused = present.filter((name) => !needed.includes(name));
  const meant = missing.flatMap((name) => {
    const nearest = nearestName(name, unused);
    return nearest === undefined ? [] : [`"${nearest}" to "${name}"`];
  });
  throw new LogdetError(
    "data",
    `${missing.length === 1 ? "a column" : `${missing.length} columns`} of the model ` +
      `${missing.length === 1 ? "is" : "are"} missing: ${listOf(missing)}`,
    {
      where: [sources.files[0].name],
      hint: `${meant.length > 0 ? `Rename ${listOf(meant)}? ` : ""}The table has the columns ${listOf(present)}.`,
    },
  );
}

/** A few of many names. */
function listOf(names: readonly string[], most = 12): string {
  return names.length > most
    ? `${names.slice(0, most).join(", ")}, … (${names.length} in all)`
    : names.join(", ");
}
