// Which columns and rows of a table commands that fit a density take.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type ColumnType, columnTypes } from "../data/column-types.js";
import { nearestName, parseNames } from "../data/names.js";

/** What addDataOptions makes of the command line. */
export interface DataFlags {
  readonly columns?: string[];
  readonly exclude?: string[];
  readonly types?: Record<string, ColumnType>;
  readonly missing?: "error" | "drop" | "model";
}

/** @param missing what the command does with rows that miss values */
export function addDataOptions(command: Command, missing: string): Command {
  return command
    .argument(
      "<data...>",
      'CSV, TSV, Parquet, JSON or NDJSON files, plain, .gz or .zst; globs; "-" for standard input',
    )
    .optionsGroup("Data:")
    .option("--columns <names>", "the columns to use: a,b,c (default: all)", parseNames)
    .option("--exclude <names>", "columns to leave out: a,b,c", parseNames)
    .option(
      "--types <list>",
      "what columns hold, where it is not what it looks like: size=categorical,price=heavy-tailed",
      parseTypes,
    )
    .addOption(new Option("--missing <what>", missing).choices(["error", "drop", "model"]));
}

/** `a=categorical,b=date` */
function parseTypes(list: string): Record<string, ColumnType> {
  const entries = parseNames(list).map((entry): [string, ColumnType] => {
    const at = entry.lastIndexOf("=");
    const [name, type] = [entry.slice(0, at), entry.slice(at + 1).trim()];
    const known = columnTypes.find((candidate) => candidate === type);
    if (at < 1 || known === undefined) {
      const nearest = at < 1 ? undefined : nearestName(type, columnTypes);
      throw new InvalidArgumentError(
        `"${entry}" is not COLUMN=TYPE.${nearest ? ` Did you mean ${nearest}?` : ""} Types: ${columnTypes.join(", ")}.`,
      );
    }
    return [name.trim(), known];
  });
  return Object.fromEntries(entries);
}
