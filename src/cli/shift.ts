// logdet shift REFERENCE NEW...: is the new data from the distribution of the reference, which columns moved, and when?

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Table } from "../data/index.js";
import { parseNames } from "../data/names.js";
import type { ScoreDensity, Shift, ShiftOptions, ShiftSeries } from "../drift/index.js";
import { LogdetError } from "../errors.js";
import type { Model } from "../model/index.js";
import { exitCodes } from "./errors.js";
import { alignTable, countOf, formatCount, formatSeconds } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { addCommonOptions, type CommonFlags, numberThat, wholeNumber } from "./options.js";
import { Output } from "./output.js";

interface ShiftFlags extends CommonFlags {
  readonly columns?: string[];
  readonly exclude?: string[];
  readonly missing: "error" | "drop" | "model";
  readonly alpha: number;
  readonly permutations?: number;
  readonly scores?: ScoreDensity;
  readonly window?: number;
  readonly step?: number;
  readonly by?: string;
  readonly force?: boolean;
  readonly fail?: boolean;
}

/** The most columns and windows that are listed on the terminal. */
const mostListed = 20;

export function define(command: Command): void {
  command
    .description(
      "Tests whether new rows are from the distribution of the reference, with a stated probability of a false alarm, and " +
        "says which columns moved. With --window: since when.",
    )
    .argument("<reference>", "a table, a glob of tables, or a model folder")
    .argument(
      "<new...>",
      'CSV, TSV, Parquet, JSON or NDJSON files, plain, .gz or .zst; globs; "-" for standard input',
    )
    .option("--columns <names>", "the columns to use: a,b,c (default: all)", parseNames)
    .option("--exclude <names>", "columns to leave out: a,b,c", parseNames)
    .addOption(
      new Option("--missing <what>", "rows with missing values: an error, left out, or tested as they are")
        .choices(["error", "drop", "model"])
        .default("error"),
    )
    .optionsGroup("Tests:")
    .option(
      "--alpha <level>",
      "probability of a false verdict, at most",
      numberThat((value) => value > 0 && value < 1, "between 0 and 1, both excluded"),
      0.05,
    )
    .option("--permutations <n>", "labellings that p-values are ranked among (default: 499)", wholeNumber(1))
    .addOption(
      new Option(
        "--scores <densities>",
        "densities that columns are found with: Gaussians of ranks or of values, or flows (default: ranks)",
      ).choices(["ranks", "gaussian", "flow"]),
    )
    .option("--fail", "exit with 1 if there is drift, for scripts")
    .optionsGroup("Over time:")
    .option("--window <n>", "test windows of so many new rows, in their order", wholeNumber(1))
    .option("--step <n>", "rows from one window to the next (default: a window)", wholeNumber(1))
    .option(
      "--by <column>",
      "put the new rows in the order of this column of numbers or dates, which is not tested",
    )
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "folder",
    out: "folder to write: the result as JSON and CSV, with --window also as a picture (default: none)",
    json: "the result as one JSON object",
    seed: "what the halves, the fit and the labellings are drawn with (default: 0)",
  })
    .option("--force", "replace the folder that --out names if it exists")
    .addHelpText(
      "after",
      `
Tests, which share the level (Holm): log-densities under a flow fitted to half of the reference; the sliced energy
distance; the maximum mean discrepancy at the scale where it is largest; the columns' score functions; each column by
itself. They take rows to be independent of each other: a slow series is called shifted sooner than it should be.
A model for a reference has its calibration rows' statistics alone: it says whether, not which columns.
With --missing model a cell that is missing is a value like others: a column that begins to miss some has moved.

Exit codes: 0 whether there is drift or not; with --fail 1 if there is.

Examples:
  logdet shift march.csv april.csv
  logdet shift march.csv april.csv --alpha 0.01 --json --fail > drift.json
  logdet shift march.csv stream.csv --window 500 --by time --out drift
  logdet shift measurements.logdet today.csv`,
    )
    .action(run);
}

async function run(reference: string, data: string[], flags: ShiftFlags): Promise<void> {
  const output = new Output(flags);
  const library = await import("../drift/index.js");
  checkFlags(flags);
  if (flags.out !== undefined) await library.checkShiftFolder(flags.out, flags.force ?? false);
  const interruption = onInterrupt(() => output.note("Stopping; there will be no result."));
  try {
    if (data.includes("-") || reference === "-")
      interruption.signal.addEventListener("abort", () => process.stdin.destroy());
    const result = (await isFolder(reference))
      ? await besideModel(reference, data, flags, interruption.signal, output)
      : await besideTable(reference, data, flags, interruption.signal, output);
    output.progress.clear();
    for (const text of result.notices) output.note(`Note: ${text}`);
    if (flags.out !== undefined) await library.saveShift(result, flags.out, { force: flags.force });
    await output.result(library.plainShift(result), () => [
      ...("windows" in result ? describeSeries(result, output) : describe(result, output)),
      ...(flags.out === undefined ? [] : [`Written to ${flags.out}.`]),
    ]);
    const drift = "windows" in result ? result.first !== null : result.drift;
    if (flags.fail && drift) process.exitCode = exitCodes.failed;
  } finally {
    output.progress.clear();
    interruption.release();
  }
}

/** @throws LogdetError "usage" if options do not fit together */
function checkFlags(flags: ShiftFlags): void {
  for (const name of ["step", "by"] as const)
    if (flags[name] !== undefined && flags.window === undefined)
      throw new LogdetError("usage", `--${name} is for windows`, { hint: "Add --window." });
  for (const name of ["permutations", "scores"] as const)
    if (flags[name] !== undefined && flags.window !== undefined)
      throw new LogdetError("usage", `--${name} is not for windows: their tests need none`);
}

async function isFolder(path: string): Promise<boolean> {
  const { exists } = await import("../model/index.js");
  // Patterns and "-" are not there, and are no folders.
  if (!(await exists(path)) || !(await stat(path)).isDirectory()) return false;
  if (await exists(join(path, "config.json"))) return true;
  throw new LogdetError("io", "the reference is a folder, but no model", {
    where: [path],
    hint: `To read the files in it, use a pattern: '${join(path, "*.csv")}'.`,
  });
}

async function besideTable(
  reference: string,
  data: string[],
  flags: ShiftFlags,
  signal: AbortSignal,
  output: Output,
): Promise<Shift | ShiftSeries> {
  const { readTable } = await import("../data/index.js");
  const { detectShift, detectShiftOverTime } = await import("../drift/index.js");
  const { columns, missing, threads, window, step, by } = flags;
  const exclude = [...(flags.exclude ?? []), ...(by === undefined ? [] : await presentIn([reference], by))];
  const cells = cellsOf(missing);
  const before = await readTable([reference], { columns, exclude, missing: cells, threads, mixed: true });
  const after = await readInOrder(data, flags, (sources) =>
    readTable(sources, { model: before.columns, missing: cells, threads }),
  );
  for (const text of [...before.notices, ...after.notices]) output.note(`Note: ${text}`);
  const options = optionsOf(flags, signal, output);
  if (window === undefined) return detectShift(before, after, { ...options, scores: flags.scores });
  return detectShiftOverTime(before, after, { ...options, window, step });
}

/** What becomes of missing cells as they are read. */
const cellsOf = (missing: ShiftFlags["missing"]) => (missing === "model" ? "cells" : missing);

async function besideModel(
  folder: string,
  data: string[],
  flags: ShiftFlags,
  signal: AbortSignal,
  output: Output,
): Promise<Shift | ShiftSeries> {
  for (const name of ["columns", "exclude", "scores"] as const)
    if (flags[name] !== undefined)
      throw new LogdetError("usage", `--${name} is for a reference that is a table: a model has its own`);
  const { readTable } = await import("../data/index.js");
  const { detectShiftFromModel, detectShiftOverTimeFromModel } = await import("../drift/index.js");
  const { load } = await import("../model/index.js");
  const { missing, threads, window, step } = flags;
  const model: Model = await load(folder, { threads });
  try {
    if (missing === "model" && !model.takesMissing)
      throw new LogdetError("model", "--missing model: this model has nothing to fill missing cells from", {
        hint: "Fit it again with --missing model.",
      });
    const rows = await readInOrder(data, flags, (sources) =>
      readTable(sources, { model: model.columns, missing: cellsOf(missing), threads }),
    );
    for (const text of rows.notices) output.note(`Note: ${text}`);
    const options = optionsOf(flags, signal, output);
    if (window === undefined) return await detectShiftFromModel(model, rows, options);
    return await detectShiftOverTimeFromModel(model, rows, { ...options, window, step });
  } finally {
    await model.release();
  }
}

function optionsOf(
  { alpha, permutations, seed, threads }: ShiftFlags,
  signal: AbortSignal,
  { progress }: Output,
): ShiftOptions {
  return {
    ...{ alpha, permutations, seed, threads, signal },
    onProgress: ({ text, done, total }) => progress.update({ text, done, total }),
  };
}

/** The new rows, in the order of the column that --by names. */
async function readInOrder(
  data: string[],
  { by, threads }: ShiftFlags,
  read: (sources: Awaited<ReturnType<typeof openedSources>>) => Promise<Table>,
): Promise<Table> {
  const { inOrder } = await import("../data/index.js");
  const sources = await openedSources(data);
  try {
    const table = await read(sources);
    if (by === undefined) return table;
    return (await inOrder(table, sources, by, threads)).table;
  } finally {
    await sources.close();
  }
}

async function openedSources(data: string[]) {
  const { openSources } = await import("../data/index.js");
  return openSources(data);
}

/** The column, if the files have it: a reference may have no time. */
async function presentIn(data: string[], column: string): Promise<string[]> {
  const { columnNames } = await import("../data/index.js");
  const sources = await openedSources(data);
  try {
    return (await columnNames(sources)).filter((name) => name === column);
  } finally {
    await sources.close();
  }
}

function describe(shift: Shift, output: Output): string[] {
  const { drift, alpha, referenceRows, currentRows, tests, columns, seconds } = shift;
  const smallest = Math.min(...tests.map(({ adjusted }) => adjusted));
  const verdict = drift
    ? `Drift: the new rows are not from the reference's distribution`
    : "No drift was found";
  const moved = columns.filter((column) => column.moved);
  const which =
    !drift || columns.length === 0
      ? []
      : moved.length === 0
        ? ["No single column stands out."]
        : [
            `Moved: ${moved
              .map(({ name }) => name)
              .slice(0, mostListed)
              .join(", ")}${moved.length > mostListed ? `, … (${moved.length} in all)` : ""}.`,
          ];
  const listed = columns.slice(0, mostListed);
  return [
    `${output.style("bold", verdict)} (p ${smallest < 1e-6 ? "< 1e-6" : `= ${formatP(smallest)}`}, level ${alpha}; ${countOf(referenceRows, "row")} and ${formatCount(currentRows)}, ${formatSeconds(seconds)}).`,
    ...which,
    "",
    ...alignTable([
      ["test", "p", "adjusted", "rows", ""],
      ...tests.map(({ name, pValue, adjusted, rejected, rows }) => [
        ...[name, formatP(pValue), formatP(adjusted), `${formatCount(rows[0])} and ${formatCount(rows[1])}`],
        rejected ? "rejected" : "",
      ]),
    ]).map((line) => `  ${line}`),
    ...(listed.length === 0
      ? []
      : [
          "",
          ...alignTable([
            ["column", "moved", "score", "threshold", "p alone", "change"],
            ...listed.map(({ name, moved, statistic, threshold, marginalPValue, words }) => [
              ...[name, moved ? "yes" : "no", short(statistic), short(threshold)],
              ...[formatP(marginalPValue), words],
            ]),
          ]).map((line) => `  ${line}`),
        ]),
    ...(columns.length > listed.length ? [`  … and ${columns.length - listed.length} more columns`] : []),
  ];
}

function describeSeries(series: ShiftSeries, output: Output): string[] {
  const { features, windows, first, alpha, window, referenceRows, seconds } = series;
  const shifted = windows.filter((test) => test.shifted);
  const verdict =
    first === null
      ? "No drift was found"
      : `Drift: the first window that has shifted is rows ${formatCount(windows[first].from + 1)} to ${formatCount(windows[first].to)}`;
  const listed = shifted.slice(0, mostListed);
  return [
    `${output.style("bold", verdict)} (level ${alpha} over ${countOf(windows.length, "window")} of ${countOf(window, "row")}, each beside ${formatCount(referenceRows)} of the reference; ${formatSeconds(seconds)}).`,
    ...(first === null
      ? []
      : [`${formatCount(shifted.length)} of ${countOf(windows.length, "window")} have shifted.`, ""]),
    ...(first === null
      ? []
      : alignTable([
          ["rows", "adjusted p", "what shifted"],
          ...listed.map(({ from, to, adjusted }) => [
            `${formatCount(from + 1)} to ${formatCount(to)}`,
            formatP(Math.min(...adjusted)),
            features.filter((_, f) => adjusted[f] <= alpha).join(", "),
          ]),
        ]).map((line) => `  ${line}`)),
    ...(shifted.length > listed.length
      ? [`  … and ${formatCount(shifted.length - listed.length)} more`]
      : []),
  ];
}

const short = (value: number) => String(Number(value.toPrecision(3)));

/** A p-value to two digits; below a millionth nobody counts. */
const formatP = (p: number) => (p < 1e-6 ? "<1e-6" : String(Number(p.toPrecision(2))));
