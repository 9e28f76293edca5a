// logdet ica DATA...: independent sources whose mixtures, linear or not, the columns are.

import { basename } from "node:path";
import { type Command, Option } from "commander";
import type { Table } from "../data/index.js";
import { parseNames } from "../data/names.js";
import { LogdetError } from "../errors.js";
import type { Matching, NonlinearSeparation, Separation } from "../ica/index.js";
import { alignTable, countOf, formatSeconds } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { addCommonOptions, type CommonFlags, numberThat, wholeNumber } from "./options.js";
import { Output } from "./output.js";

interface IcaFlags extends CommonFlags {
  readonly columns?: string[];
  readonly exclude?: string[];
  readonly missing?: "error" | "drop";
  readonly components?: number;
  readonly starts?: number;
  readonly nonlinear?: boolean;
  readonly independentMechanisms?: number;
  readonly steps?: number;
  readonly truth?: string;
  readonly format?: "csv" | "parquet";
  readonly force?: boolean;
}

/** The most sources that are listed on the terminal. */
const mostListed = 12;

export function define(command: Command): void {
  command
    .description(
      "Finds independent sources whose mixtures the numeric columns of a table are (independent component " +
        "analysis), and writes a folder: the sources as columns, the mixing and unmixing matrices, what is known of " +
        "each source, and a picture.",
    )
    .argument(
      "<data...>",
      'CSV, TSV, Parquet, JSON or NDJSON files, plain, .gz or .zst; globs; "-" for standard input',
    )
    .option("--columns <names>", "the columns to use: a,b,c (default: all)", parseNames)
    .option("--exclude <names>", "columns to leave out: a,b,c", parseNames)
    .addOption(
      new Option("--missing <what>", "rows with missing values").choices(["error", "drop"]).default("error"),
    )
    .option("--components <n>", "sources to look for (default: one a column)", wholeNumber(1))
    .option(
      "--starts <n>",
      "places to start from; the likeliest sources are kept, with their stability (default: 1)",
      wholeNumber(1),
    )
    .option("--nonlinear", "look for sources whose smooth nonlinear mixtures the columns are")
    .option(
      "--independent-mechanisms <weight>",
      "with --nonlinear: ask, with this weight in nats a row, that sources move the columns in orthogonal directions",
      numberThat((weight) => weight >= 0, "of at least 0"),
    )
    .option("--steps <n>", "with --nonlinear: steps of training (default: 3000)", wholeNumber(1))
    .option("--truth <file>", "a table of the true sources, to compare with")
    .addOption(
      new Option("--format <format>", "format of the sources").choices(["csv", "parquet"]).default("csv"),
    );
  addCommonOptions(command, {
    outValue: "folder",
    out: "folder to write (default: the first file's name with .ica)",
    json: "the result as one JSON object",
    seed: "what the starts after the first, and with --nonlinear all, are drawn with (default: 0)",
  })
    .option("--force", "replace the folder if it exists")
    .addHelpText(
      "after",
      `
Sources have mean 0 and variance 1, the largest share of the columns' variance first. Only their shapes and the
mixing can be found, not their signs or scales, and of normal sources nothing.

Nonlinear sources are not identifiable from the columns alone (Hyvärinen and Pajunen 1999): many other sources are as
independent and as likely. --independent-mechanisms rules out many of them where it applies: its contrast is 0 if the
sources move the columns, in their own units, in orthogonal directions. Use --starts, and read the stability.

Examples:
  logdet ica microphones.csv
  logdet ica eeg.parquet --exclude time --components 20 --starts 5 --format parquet
  logdet ica mixtures.csv --truth sources.csv --json
  logdet ica mixtures.csv --nonlinear --independent-mechanisms 1 --starts 3`,
    )
    .action(run);
}

async function run(data: string[], flags: IcaFlags): Promise<void> {
  const output = new Output(flags);
  const { readTable } = await import("../data/index.js");
  const library = await import("../ica/index.js");
  for (const name of ["independentMechanisms", "steps"] as const)
    if (flags[name] !== undefined && !flags.nonlinear)
      throw new LogdetError("usage", `${optionOf[name]} is for nonlinear sources`, {
        hint: "Add --nonlinear.",
      });
  const folder = flags.out ?? defaultFolder(data[0]);
  await library.checkSeparationFolder(folder, flags.force ?? false);
  const interruption = onInterrupt(() => output.note("Stopping; nothing will be written."));
  try {
    const { columns, exclude, missing, threads, format, force } = flags;
    if (data.includes("-")) interruption.signal.addEventListener("abort", () => process.stdin.destroy());
    const table = await readTable(data, { columns, exclude, missing, threads });
    for (const text of table.notices) output.note(`Note: ${text}`);
    const truth = flags.truth === undefined ? undefined : await readTruth(flags.truth, table, threads);
    const separation = await separate(table, flags, interruption.signal, output);
    const matching =
      truth &&
      library.matchSources(
        separation.sources.map(({ values }) => values),
        truth,
      );
    await library.saveSeparation(separation, folder, { format, force, matching });
    if ("converged" in separation && !separation.converged)
      output.note(`Note: the search had not come to rest (gradient ${separation.gradient.toPrecision(2)}).`);
    await output.result(summary(separation, matching, folder), () =>
      describe(separation, matching, folder, output),
    );
  } finally {
    output.progress.clear();
    interruption.release();
  }
}

const optionOf = { independentMechanisms: "--independent-mechanisms", steps: "--steps" };

async function separate(
  table: Table,
  flags: IcaFlags,
  signal: AbortSignal,
  output: Output,
): Promise<Separation | NonlinearSeparation> {
  const library = await import("../ica/index.js");
  const { components, starts = 1, seed, threads, steps, independentMechanisms } = flags;
  const common = { components, starts, seed, signal };
  if (flags.nonlinear)
    return library.nonlinearIca(table, {
      ...{ ...common, threads, steps, independentMechanisms },
      onProgress: ({ start, step, steps }) =>
        output.progress.update({ done: start * steps + step, total: starts * steps, text: `step ${step}` }),
    });
  return library.ica(table, {
    ...common,
    onProgress: ({ start, pass, gradient }) =>
      output.progress.update({
        done: start,
        total: starts,
        text: `pass ${pass}, gradient ${gradient.toPrecision(2)}`,
      }),
  });
}

/** The true sources at the rows that are used. */
async function readTruth(file: string, data: Table, threads: number | undefined): Promise<Float64Array[]> {
  const { readTable } = await import("../data/index.js");
  const truth = await readTable([file], { threads });
  if (truth.rows !== data.sourceRows)
    throw new LogdetError(
      "data",
      `the true sources have ${countOf(truth.rows, "row")}, the data ${countOf(data.sourceRows, "row")}`,
      {
        where: [file],
        hint: "Give the sources' values at the rows of the data, one row each.",
      },
    );
  return truth.columns.map(({ values }) =>
    data.rowIndex === undefined ? values : Float64Array.from(data.rowIndex, (row) => values[row]),
  );
}

/** `eeg.csv.gz` becomes `eeg.ica`, in the current folder. */
function defaultFolder(source: string): string {
  const stem = basename(source)
    .replace(/(?<=.)\.[^.]*(\.(gz|zst))?$/i, "")
    .replace(/[*?[\]{}!]+/g, "")
    .replace(/^[-_.]+|[-_.]+$/g, "");
  return `${stem || "sources"}.ica`;
}

function summary(
  separation: Separation | NonlinearSeparation,
  matching: Matching | undefined,
  folder: string,
): unknown {
  const { rows, columns, sources, seconds, ...found } = separation;
  const figures = Object.entries(found).filter(([name]) => !["mean", "mixing", "unmixing"].includes(name));
  return {
    folder,
    rows,
    columns,
    sources: sources.map(({ values: _, ...source }) => source),
    ...{ perSource: matching?.perSource ?? null, mcc: matching?.mcc ?? null, seconds },
    ...Object.fromEntries(figures),
  };
}

function describe(
  separation: Separation | NonlinearSeparation,
  matching: Matching | undefined,
  folder: string,
  output: Output,
): string[] {
  const { rows, columns, sources, seconds } = separation;
  const listed = sources.slice(0, mostListed);
  const stable = listed.some(({ stability }) => stability !== null);
  const header = ["source", "contribution", "kurtosis", ...(stable ? ["stability"] : [])];
  const lines = alignTable([
    header,
    ...listed.map(({ name, contribution, kurtosis, stability }) => [
      ...[name, contribution.toFixed(4), kurtosis.toFixed(2)],
      ...(stability === null ? [] : [stability.toFixed(3)]),
    ]),
  ]);
  const more =
    sources.length > listed.length ? [`  … and ${sources.length - listed.length} more in ica.json`] : [];
  const mechanisms =
    "contrast" in separation
      ? [`  contrast of independent mechanisms: ${separation.contrast.toPrecision(2)} nats a row`]
      : [];
  const truth = matching
    ? [
        `  |correlation| with the true sources: ${matching.perSource.map((value) => value.toFixed(4)).join(", ")}; ` +
          `mean ${matching.mcc.toFixed(4)}`,
      ]
    : [];
  return [
    `${output.style("bold", folder)}: ${countOf(sources.length, "source")} of ${countOf(rows, "row")} × ` +
      `${countOf(columns.length, "column")}, ${formatSeconds(seconds)}`,
    ...lines.map((line) => `  ${line}`),
    ...more,
    ...mechanisms,
    ...truth,
  ];
}
