// logdet sample MODEL: new rows drawn from a model.

import type { Command } from "commander";
import { columnsOf } from "./columns-of.js";
import { countOf } from "./format.js";
import { addCommonOptions, addTableOptions, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import { openTarget } from "./target.js";

interface SampleFlags extends TableFlags {
  readonly rows: number;
  readonly missing?: boolean;
}

export function define(command: Command): void {
  command
    .description(
      "Draws rows from a model and writes them as a table with the model's columns, in their units. Discrete columns " +
        "get values as the data had them.",
    )
    .argument("<model>", "model folder")
    .option("-n, --rows <n>", "how many rows to draw", wholeNumber(1), 1000)
    .option("--missing", "leave cells empty as often as they were in the data (default: rows are complete)");
  addCommonOptions(command, {
    outValue: "file",
    out: "file to write (default: standard output)",
    json: "a summary as one JSON object; needs --out",
    seed: "same seed: same rows (default: 0)",
  });
  addTableOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  logdet sample measurements.logdet -n 1000 > rows.csv
  logdet sample measurements.logdet -n 1000000 --seed 7 --out rows.parquet`,
    )
    .action(run);
}

async function run(folder: string, flags: SampleFlags): Promise<void> {
  const output = new Output(flags);
  const target = await openTarget(flags);
  const { writeTable } = await import("../data/index.js");
  const { load } = await import("../model/index.js");
  const model = await load(folder, { threads: flags.threads });
  try {
    const rows = await model.sample(flags.rows, { seed: flags.seed, missing: flags.missing });
    const written = await writeTable(columnsOf(model, rows), target);
    for (const text of written.notices) output.note(`Note: ${text}`);
    const { out, seed = 0 } = flags;
    const text = `${countOf(written.rows, "row")} drawn with seed ${seed}.`;
    if (out === undefined) output.note(text);
    else
      await output.result(
        { rows: written.rows, columns: written.columns, seed, out, notices: written.notices },
        () => [`${out}: ${text}`],
      );
  } finally {
    await model.release();
  }
}
