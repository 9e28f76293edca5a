// logdet sample MODEL: new rows drawn from a model.

import type { Command } from "commander";
import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import { columnsOf } from "./columns-of.js";
import { countOf } from "./format.js";
import { addCommonOptions, addTableOptions, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import { openTarget } from "./target.js";

interface SampleFlags extends TableFlags {
  readonly rows: number;
  readonly missing?: boolean;
  readonly given?: string;
  readonly sweeps?: number;
}

/** Moves of a chain where none are asked for. */
const defaultSweeps = 60;

export function define(command: Command): void {
  command
    .description(
      "Draws rows from a model and writes them as a table with the model's columns, in their units. Discrete columns " +
        "get values as the data had them.",
    )
    .argument("<model>", "model folder")
    .option("-n, --rows <n>", "how many rows to draw", wholeNumber(1), 1000)
    .option("--missing", "leave cells empty as often as they were in the data (default: rows are complete)")
    .option(
      "--given <cells>",
      'draw rows that have these cells: "species=Adelie,sex=female"; again for more',
      (cells: string, before?: string) => (before === undefined ? cells : `${before},${cells}`),
    )
    .option(
      "--sweeps <n>",
      `moves of each row's chain, where --given names numbers (default: ${defaultSweeps})`,
      wholeNumber(1),
    );
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
Given categories alone, rows are drawn exactly; given numbers, by a Markov chain for each row.

Examples:
  logdet sample measurements.logdet -n 1000 > rows.csv
  logdet sample measurements.logdet -n 1000000 --seed 7 --out rows.parquet
  logdet sample penguins.logdet -n 100 --given "species=Adelie,bill_length_mm=39.1"
  logdet sample people.logdet -n 100 --given '"height, cm=180"'`,
    )
    .action(run);
}

async function run(folder: string, flags: SampleFlags): Promise<void> {
  const output = new Output(flags);
  checkFlags(flags);
  const target = await openTarget(flags);
  const { writeTable } = await import("../data/index.js");
  const { load } = await import("../model/index.js");
  const model = await load(folder, { threads: flags.threads });
  try {
    const drawn = await draw(model, flags, output);
    const written = await writeTable(columnsOf(model, drawn.rows), target);
    const notices = [...drawn.notices, ...written.notices];
    for (const text of notices) output.note(`Note: ${text}`);
    const { out, seed = 0 } = flags;
    const text = `${countOf(written.rows, "row")} drawn with seed ${seed}.`;
    if (out === undefined) output.note(text);
    else
      await output.result(
        {
          rows: written.rows,
          columns: written.columns,
          ...(drawn.given && { given: drawn.given }),
          ...{ seed, out, notices },
        },
        () => [`${out}: ${text}`],
      );
  } finally {
    output.progress.clear();
    await model.release();
  }
}

function checkFlags({ given, missing, sweeps }: SampleFlags): void {
  if (given !== undefined && missing)
    throw new LogdetError("usage", "--given draws complete rows: leave --missing out");
  if (given === undefined && sweeps !== undefined)
    throw new LogdetError("usage", "--sweeps is for rows drawn with --given");
}

/** Rows, row-major, and what there is to say of them. */
interface Drawn {
  readonly rows: Float64Array;
  readonly given?: Readonly<Record<string, string | number>>;
  readonly notices: readonly string[];
}

async function draw(model: Model, flags: SampleFlags, { progress }: Output): Promise<Drawn> {
  const { rows: count, seed, missing, given: text, sweeps = defaultSweeps, threads } = flags;
  if (text === undefined) return { rows: await model.sample(count, { seed, missing }), notices: [] };
  const { parseGiven } = await import("./given.js");
  const { chainNotes } = await import("./chains.js");
  const { sampleGiven } = await import("../model/index.js");
  const { cells, given, notes } = parseGiven(model, text);
  const { rows, memory } = await sampleGiven(model, count, cells, {
    ...{ seed, sweeps, threads },
    onProgress: (done, total) => progress.update({ done, total, text: `${done}/${total} sweeps` }),
  });
  progress.clear();
  return { rows, given, notices: [...notes, ...chainNotes(model, memory, sweeps)] };
}
