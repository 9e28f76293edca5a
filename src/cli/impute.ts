// logdet impute MODEL DATA...: a table with its missing cells filled by what a model says of them given the others.

import { type Command, Option } from "commander";
import type { OutputColumn, Replacement, Table } from "../data/index.js";
import type { ImputeMethod, Model } from "../model/index.js";
import { chainNotes } from "./chains.js";
import { columnsOf } from "./columns-of.js";
import { countOf, formatCount } from "./format.js";
import { readRows } from "./model-table.js";
import { addCommonOptions, addTableOptions, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import { openTarget } from "./target.js";

interface ImputeFlags extends TableFlags {
  readonly draws: number;
  readonly method: ImputeMethod;
  readonly sweeps: number;
  readonly spread?: boolean;
}

export function define(command: Command): void {
  command
    .description(
      "Writes the table as it is with its missing cells filled: each by draws from the model given the row's other cells. " +
        "The model's columns are found by name, in any order; others are passed through. A model of a table with missing " +
        "cells is fitted by logdet fit --missing model.",
    )
    .argument("<model>", "model folder")
    .argument(
      "<data...>",
      'CSV, TSV, Parquet, JSON or NDJSON files, plain, .gz or .zst; globs; "-" for standard input',
    )
    .optionsGroup("Filling:")
    .addOption(
      new Option(
        "--method <name>",
        "median: the median of the draws, or the most frequent category; draw: one draw, to vary as complete data do",
      )
        .choices(["median", "draw"])
        .default("median"),
    )
    .option("--draws <n>", "draws for each cell", wholeNumber(1), 100)
    .option("--sweeps <n>", "moves of a chain before its first draw", wholeNumber(1), 20)
    .option(
      "--spread",
      "add a column NAME_spread for each that was filled: the draws' standard deviation, or their share of other categories",
    )
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "file",
    out: "file to write (default: standard output)",
    json: "a summary as one JSON object; needs --out",
    seed: "same seed: same cells (default: 0)",
  });
  addTableOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  logdet fit penguins.csv --missing model
  logdet impute penguins.logdet penguins.csv > complete.csv
  logdet impute penguins.logdet new.csv --method draw --seed 2 --out new-2.parquet
  logdet impute penguins.logdet new.csv --spread --out filled.csv`,
    )
    .action(run);
}

async function run(folder: string, data: string[], flags: ImputeFlags): Promise<void> {
  const output = new Output(flags);
  const target = await openTarget(flags);
  const { appendColumns, openSources } = await import("../data/index.js");
  const { impute, load } = await import("../model/index.js");
  const model = await load(folder, { threads: flags.threads });
  const sources = await openSources(data);
  try {
    const table = await readRows(model, sources, { missing: "model", threads: flags.threads });
    for (const text of table.notices) output.note(`Note: ${text}`);
    const { draws, method, sweeps, seed = 0, threads, out } = flags;
    const imputed = await impute(model, rowsOf(table), {
      ...{ draws, method, sweeps, seed, threads },
      onProgress: (done, total) =>
        output.progress.update({ done, total, text: `${formatCount(done)}/${countOf(total, "row")} filled` }),
    });
    output.progress.clear();
    const filled = filledColumns(model, table, imputed.rows);
    const spread = flags.spread ? spreadColumns(model, table, imputed.spread) : [];
    const written = await appendColumns(sources, spread, target, { threads, replace: filled.columns });
    const later = [...filled.notices, ...chainNotes(model, imputed.memory, sweeps), ...written.notices];
    for (const text of later) output.note(`Note: ${text}`);

    const counts = Object.fromEntries(filled.columns.map(({ name, values }) => [name, countFilled(values)]));
    const cells = Object.values(counts).reduce((a, b) => a + b, 0);
    const text =
      cells === 0
        ? `${countOf(written.rows, "row")}, no cell of the model's columns was missing.`
        : `${countOf(cells, "cell")} of ${countOf(written.rows, "row")} filled with seed ${seed}: ` +
          `${Object.entries(counts)
            .map(([name, count]) => `${formatCount(count)} of ${name}`)
            .join(", ")}.`;
    if (out === undefined) output.note(text);
    else
      await output.result(
        {
          ...{ rows: written.rows, cells, filled: counts, method, draws, seed, out },
          notices: [...table.notices, ...later],
        },
        () => [`${out}: ${text}`],
      );
  } finally {
    output.progress.clear();
    await sources.close();
    await model.release();
  }
}

/** A table's rows, row-major. */
function rowsOf({ columns, rows }: Table): Float64Array {
  const cells = new Float64Array(rows * columns.length);
  for (const [c, { values }] of columns.entries())
    for (let row = 0; row < rows; row++) cells[row * columns.length + c] = values[row];
  return cells;
}

/** The files' columns that cells were filled of, as text: null where a cell stays as it is. */
function filledColumns(model: Model, table: Table, rows: Float64Array) {
  const notices: string[] = [];
  const columns = columnsOf(model, rows).flatMap(({ name, values }): Replacement[] => {
    const parts = model.columns.flatMap((column, c) =>
      column.name === name || column.part?.source === name ? [table.columns[c].values] : [],
    );
    const isMissing = (row: number) => parts.some((cells) => Number.isNaN(cells[row]));
    const texts = new Array<string | null>(table.sourceRows).fill(null);
    let count = 0;
    for (let row = 0; row < table.rows; row++) {
      const value = isMissing(row) ? values[row] : null;
      if (value === null) continue;
      texts[table.rowIndex?.[row] ?? row] = String(value);
      count++;
    }
    if (count === 0) return [];
    if (table.sourceColumns.includes(name)) return [{ name, values: texts }];
    notices.push(
      `${countOf(count, "cell")} of ${name} could not be written: it is only a part of the file's dates.`,
    );
    return [];
  });
  return { columns, notices };
}

function spreadColumns(model: Model, table: Table, spread: Float64Array): OutputColumn[] {
  return model.columns.flatMap(({ name }, c): OutputColumn[] => {
    const cells = table.columns[c].values;
    if (!cells.some(Number.isNaN)) return [];
    const values = new Float64Array(table.sourceRows).fill(Number.NaN);
    for (let row = 0; row < table.rows; row++)
      if (Number.isNaN(cells[row]))
        values[table.rowIndex?.[row] ?? row] = spread[row * model.columns.length + c];
    return [{ name: `${name}_spread`, values }];
  });
}

const countFilled = (values: Replacement["values"]): number =>
  values.filter((value) => value !== null).length;
