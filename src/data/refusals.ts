// Cells that cannot be used, named by file, row and column.

import type { DuckDBConnection } from "@duckdb/node-api";
import { LogdetError } from "../errors.js";
import { codeOf, isNumber, mostCategories } from "./categories.js";
import { typesFlag } from "./column-types.js";
import { count, shorten } from "./messages.js";
import { formatNames, someNames } from "./names.js";
import { type ColumnReader, DateReader, type LabelReader, NumberReader, type Place } from "./readers.js";
import { textSql } from "./scan.js";

/** Who says what a column holds: nobody but its cells, the user or a model. */
export type Authority = "cells" | "user" | "model";

/** @throws LogdetError (data) that names all columns most of whose cells are no numbers, if there are any */
export function refuseText(columns: readonly { readonly reader?: ColumnReader | undefined }[]): void {
  const text = columns.flatMap(({ reader }) =>
    reader instanceof NumberReader && reader.isOther ? [reader] : [],
  );
  if (text.length === 0) return;
  const names = text.map((column) => column.name);
  throw new LogdetError(
    "data",
    names.length === 1
      ? `column ${names[0]} does not hold numbers`
      : `${names.length} columns do not hold numbers: ${someNames(names)}`,
    {
      where: [text[0].firstOther!.scan.file.name],
      hint: `To leave ${names.length === 1 ? "it" : "them"} out: --exclude ${formatNames(names)}`,
    },
  );
}

/**
 * @param isMixed whether the column could be taken for one of categories instead
 * @throws LogdetError (data) that names the first cell that is no number (no date, if they are to be dates)
 */
export async function refuseOthers(
  connection: DuckDBConnection,
  reader: NumberReader,
  authority: Authority,
  isMixed: boolean,
): Promise<void> {
  const { name, others, firstOther } = reader;
  if (firstOther === undefined) return;
  const isDate = reader instanceof DateReader;
  const more = others > 1 ? ` (and ${count(others - 1, "more cell")} of this column)` : "";
  const text = shorten(await cellText(connection, firstOther, name));
  const reasons = {
    cells: "",
    user: "",
    model: `: the model knows this column as one of ${isDate ? "dates" : "numbers"}`,
  };
  throw new LogdetError(
    "data",
    `"${text}" is not a ${isDate ? "date" : "number"}${more}${reasons[authority]}`,
    {
      where: whereOf(firstOther, name),
      hint:
        (isDate ? "Dates are written 2024-02-29 or 2024-02-29T13:45:00. " : "") +
        wayOut(name, authority, isMixed),
    },
  );
}

/** @throws LogdetError (data) that names the first cell that is infinite (a date too far away, if they are dates) */
export async function refuseInfinite(
  connection: DuckDBConnection,
  reader: NumberReader,
  authority: Authority,
): Promise<void> {
  const { name, firstInfinite } = reader;
  if (firstInfinite === undefined) return;
  const message =
    reader instanceof DateReader
      ? `"${shorten(await cellText(connection, firstInfinite, name))}" is out of range: years run from 1 to 9999`
      : `${firstInfinite.value > 0 ? "+" : "-"}infinity is not finite: it has no density`;
  throw new LogdetError("data", message, {
    where: whereOf(firstInfinite, name),
    hint: wayOut(name, authority, false),
  });
}

/** @throws LogdetError (data) that names the first cell that says neither true nor false */
export function refuseUntrue(reader: LabelReader): void {
  const found = reader.firstUntrue();
  if (found === undefined) return;
  throw new LogdetError("data", `"${shorten(found.label)}" says neither true nor false`, {
    where: whereOf(found, reader.name),
    hint: `Truth values are true/false, yes/no, t/f, y/n or 1/0. Mend the cell, or: ${typesFlag(reader.name, "categorical")}`,
  });
}

/** @throws LogdetError (data) if there are more labels than categories can be */
export function refuseMany({ name, labels }: LabelReader): void {
  if (labels.size <= mostCategories) return;
  const [place] = labels.values();
  throw new LogdetError(
    "data",
    `there are ${count(labels.size, "different value")}: more than ${mostCategories.toLocaleString("en-US")} categories`,
    {
      where: [place.scan.file.name, `column ${name}`],
      hint: `Leave the column out: --exclude ${formatNames([name])}`,
    },
  );
}

/** @throws LogdetError (data) if a model's column of categories holds only numbers now, none of them a category */
export function refuseNumbers({ name, labels }: LabelReader, categories: readonly string[]): void {
  const code = codeOf(categories);
  const isOther = (label: string) => isNumber(label) && code(label) === categories.length;
  if (labels.size === 0 || categories.some(isNumber) || ![...labels.keys()].every(isOther)) return;
  const [[label, place]] = labels;
  throw new LogdetError(
    "data",
    `"${shorten(label)}" is a number, as are all cells of this column: the model knows it as one of categories ` +
      `(${someNames(categories, 5)})`,
    { where: whereOf(place, name), hint: wayOut(name, "model", false) },
  );
}

/** @throws LogdetError (data): a column that was asked for by name holds what cannot be used */
export function refuseAsked(name: string, file: string, type: "identifier" | "text"): never {
  throw new LogdetError(
    "data",
    `column ${name} holds ${type === "text" ? "text" : "identifiers"}: too many different values for categories`,
    {
      where: [file],
      hint: `Leave it out, or take its values for categories: ${typesFlag(name, "categorical")}`,
    },
  );
}

function whereOf({ scan, row }: Place, name: string): string[] {
  return [scan.file.name, `row ${row + 1}`, `column ${name}`];
}

function wayOut(name: string, authority: Authority, isMixed: boolean): string {
  if (authority === "model") return "Mend the cell, or fit a model to data of this kind.";
  const exclude = `--exclude ${formatNames([name])}`;
  if (!isMixed) return `Mend the cell, or leave the column out: ${exclude}`;
  return `Mend the cell, leave the column out (${exclude}), or take its cells for categories: ${typesFlag(name, "categorical")}`;
}

async function cellText(connection: DuckDBConnection, { scan, row }: Place, name: string): Promise<string> {
  const i = scan.columns.findIndex((column) => column.name === name);
  const sql = `SELECT ${textSql(scan, i)} FROM ${scan.from} LIMIT 1 OFFSET ${row}`;
  const reader = await connection.runAndReadAll(sql, [...scan.parameters]);
  return String(reader.getRows()[0][0]);
}
