// logdet detect DATA...: the strangest rows of a table and why, without a model that was fitted before.

import { type Command, Option } from "commander";
import type { OutputColumn, Sources, Table, Target } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { DetectEvent, Detection, FitListener, FitOptions } from "../fit/index.js";
import { defaultStatistic, type StatisticName, statistics } from "../model/statistics.js";
import { addDataOptions, type DataFlags } from "./data-options.js";
import { readConfig, save } from "./fit.js";
import { showFit } from "./fit-progress.js";
import { countOf, formatCount, formatNats, formatSeconds } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { addCommonOptions, addTableOptions, numberThat, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import { openTarget } from "./target.js";

interface DetectFlags extends TableFlags, DataFlags {
  readonly top?: number;
  readonly alpha?: number;
  readonly statistic?: StatisticName;
  readonly folds: number;
  readonly reasons: number;
  readonly robust?: number;
  readonly search: boolean;
  readonly config?: string;
  readonly save?: string;
}

/** Rows told of on the screen; --out and --json have all. */
const mostShown = 50;

export function define(command: Command): void {
  command.description(
    "Finds the strangest rows of a table and says why they are strange. No model is needed: the table is cut in parts at " +
      "random, and the rows of each are judged by a model that is fitted to the others.",
  );
  addDataOptions(
    command,
    "rows with missing values: an error, left out, or judged by what is known (default: model)",
  )
    .optionsGroup("Decisions:")
    .addOption(
      new Option("--top <n>", "flag the n strangest rows (default: 10)")
        .argParser(wholeNumber(1))
        .conflicts("alpha"),
    )
    .option(
      "--alpha <rate>",
      "flag the rows whose p-value is at most this: so great a share of all rows",
      numberThat((value) => value > 0 && value < 1, "between 0 and 1, both excluded"),
    )
    .addOption(
      new Option(
        "--statistic <name>",
        `what ranks rows (default: ${defaultStatistic}, or density if there are categories)`,
      ).choices(Object.keys(statistics)),
    )
    .option("--reasons <n>", "columns to name for each flagged row; 0: none", wholeNumber(0), 3)
    .optionsGroup("Models:")
    .option("--folds <n>", "parts of the table, and fits; more find a little more", wholeNumber(2), 2)
    .option(
      "--robust <share>",
      "leave so many of the least likely rows, at most, out of each fit (default: 0)",
      numberThat((value) => value >= 0 && value < 0.5, "of at least 0 and below 0.5"),
    )
    .option("--no-search", "train one net a fit only: quicker, and a little worse")
    .option("--config <file>", "JSON file with any choices that logdet fit has; options given here win")
    .option(
      "--save <folder>",
      "fit a model to all rows, too, and save it: one more fit; --force replaces a folder",
    )
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "file",
    out: "also write the table with log_prob, p_value, is_anomaly and reasons beside it",
    json: "the result as one JSON object",
    seed: "same seed, data and options: same rows (default: 0)",
  });
  addTableOptions(command)
    .addHelpText(
      "after",
      `
A p-value is the share of all rows that are at least as strange, the row itself included: the strangest of 1,000 rows has
0.001, in a clean table too. So there is no --fdr here: which share of the flagged rows is normal cannot be told without rows
that are known to be normal. Where you have such, fit to them, and score the others.

Examples:
  logdet detect orders.csv
  logdet detect orders.csv --exclude id --alpha 0.01 --out judged.csv
  logdet detect 'logs/*.parquet' --top 100 --json | jq '.anomalies[].row'`,
    )
    .action(run);
}

async function run(data: string[], flags: DetectFlags): Promise<void> {
  const started = performance.now();
  const output = new Output(flags);
  const fitting = await fittingOf(flags);
  const target = await targetOf(flags);
  const interruption = onInterrupt(() => {
    output.progress.clear();
    output.note("Stopping. Ctrl-C again ends at once.");
  });
  const { openSources } = await import("../data/index.js");
  const { detect } = await import("../fit/index.js");
  // Nobody may ever send the rest.
  if (data.includes("-")) interruption.signal.addEventListener("abort", () => process.stdin.destroy());
  const sources = await unlessStopped(interruption.signal, openSources(data));
  try {
    const table = await unlessStopped(interruption.signal, read(sources, flags, fitting));
    const { folds, statistic, top, alpha, reasons, threads } = flags;
    const found = await detect(
      table,
      { ...fitting, folds, statistic, top, alpha, reasons },
      {
        onEvent: show(output),
        signal: interruption.signal,
        sources: namesOf(data),
      },
    );
    output.progress.clear();
    const unexplained = reasons > 0 ? found.anomalies.filter((one) => one.reasons === undefined).length : 0;
    const later = unexplained > 0 ? [`${countOf(unexplained, "row")} left without reasons.`] : [];
    if (target) {
      const { appendColumns } = await import("../data/index.js");
      later.push(
        ...(await appendColumns(sources, columnsOf(found, reasons > 0), target, { threads })).notices,
      );
    }
    for (const text of later) output.note(`Note: ${text}`);
    const saved = await saveModelOf(table, data, fitting, flags, interruption.signal, output);
    const seconds = (performance.now() - started) / 1000;
    await output.result(
      summary(found, flags, { seconds, saved, notices: [...table.notices, ...later] }),
      () => describe(found, flags, { seconds, saved }, output),
    );
  } finally {
    output.progress.clear();
    interruption.release();
    await sources.close();
  }
}

/** Choices of the fits: those of --config, and over them those of the command line. */
async function fittingOf({ config, ...flags }: DetectFlags): Promise<FitOptions> {
  const { robust, search, types, missing, seed, threads } = flags;
  const given = { robust, search: search ? undefined : false, types, missing, seed, threads };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...(config !== undefined && (await readConfig(config))), ...named };
}

/** Where the judged table goes; undefined if nowhere. */
async function targetOf(flags: DetectFlags): Promise<Target | undefined> {
  if (flags.save !== undefined) {
    const { checkWritable } = await import("../model/index.js");
    // Before the work, not after it.
    await checkWritable(flags.save, flags.force ?? false);
  }
  if (flags.out !== undefined) return openTarget(flags);
  if (flags.format === undefined) return undefined;
  throw new LogdetError("usage", "--format is for the table that --out writes: give that too");
}

async function read(
  sources: Sources,
  { columns, exclude }: DetectFlags,
  { types, missing = "model", threads }: FitOptions,
): Promise<Table> {
  const { readTable } = await import("../data/index.js");
  const policies = { error: "error", drop: "keep", model: "cells" } as const;
  return readTable(sources, { columns, exclude, types, threads, mixed: true, missing: policies[missing] });
}

/** Some reading of data, which Ctrl-C may cut short. */
async function unlessStopped<T>(signal: AbortSignal, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new LogdetError("interrupted", "stopped before every row was judged");
  }
}

/** Tells what the fits tell; what two of them tell is told once. */
function show(output: Output): (event: DetectEvent) => void {
  const told = new Set<string>();
  const listeners = new Map<number, FitListener>();
  return (event) => {
    if (event.type === "explained") {
      const { done, total } = event;
      output.progress.update({
        done,
        total,
        text: `${formatCount(done)}/${countOf(total, "row")} explained`,
      });
      return;
    }
    const { fold, folds, event: ofFit } = event;
    if (ofFit.type === "notice") {
      if (told.has(ofFit.text)) return;
      told.add(ofFit.text);
    }
    const listener = listeners.get(fold) ?? showFit(output, `This is fit ${fold} of ${folds}.`);
    listeners.set(fold, listener);
    listener(ofFit);
  };
}

/** What stands beside the table's rows. */
function columnsOf({ anomalies, logProb, pValues }: Detection, hasReasons: boolean): OutputColumn[] {
  const isAnomaly: (boolean | null)[] = Array.from(pValues, (p) => (Number.isNaN(p) ? null : false));
  const words: (string | null)[] = Array(pValues.length).fill(null);
  for (const { row, words: parts = [] } of anomalies) {
    isAnomaly[row] = true;
    words[row] = parts.join("; ") || null;
  }
  return [
    { name: "log_prob", values: logProb },
    { name: "p_value", values: pValues },
    { name: "is_anomaly", values: isAnomaly },
    ...(hasReasons ? [{ name: "reasons", values: words }] : []),
  ];
}

/** Where rows come from, in words. */
const namesOf = (data: readonly string[]) => data.map((name) => (name === "-" ? "standard input" : name));

/** The model of --save: of all rows, with rows set apart for p-values as `logdet fit` does. */
async function saveModelOf(
  table: Table,
  data: readonly string[],
  fitting: FitOptions,
  { save: folder, force = false }: DetectFlags,
  signal: AbortSignal,
  output: Output,
): Promise<string | undefined> {
  if (folder === undefined || signal.aborted) return undefined;
  const { fit } = await import("../fit/index.js");
  const fitted = await fit(table, fitting, { signal, sources: namesOf(data), onEvent: showFit(output) });
  await save(fitted, folder, force);
  return folder;
}

/** A row that was flagged, as --json tells of it: counted from 1. */
const toPlain = ({ row, ...rest }: Detection["anomalies"][number]) => ({ row: row + 1, ...rest });

function summary(
  { anomalies, scored, pValues, statistic, folds }: Detection,
  { alpha, out }: DetectFlags,
  more: { seconds: number; saved: string | undefined; notices: readonly string[] },
) {
  return {
    ...{ rows: pValues.length, scored, folds, statistic, alpha, flagged: anomalies.length },
    ...{ anomalies: anomalies.map(toPlain), out, ...more },
  };
}

function describe(
  { anomalies, scored, folds }: Detection,
  { alpha, out, reasons }: DetectFlags,
  { seconds, saved }: { seconds: number; saved: string | undefined },
  output: Output,
): string[] {
  const flagged =
    alpha === undefined
      ? `The ${anomalies.length === 1 ? "strangest row" : countOf(anomalies.length, "strangest row")} of ${formatCount(scored)}`
      : `${countOf(anomalies.length, "row")} of ${formatCount(scored)} with a p-value of at most ${alpha}`;
  const shown = anomalies.slice(0, mostShown);
  return [
    `${output.style("bold", flagged)}, each judged by a model fitted to other rows (${countOf(folds, "fit")}, ${formatSeconds(seconds)})`,
    ...shown.flatMap((anomaly) => ["", ...linesOf(anomaly, reasons > 0, output)]),
    ...(anomalies.length > shown.length
      ? ["", `… and ${formatCount(anomalies.length - shown.length)} more: --out FILE writes all`]
      : []),
    ...(out === undefined ? [] : ["", `All rows, judged: ${out}`]),
    ...(saved === undefined ? [] : ["", `A model of all rows: ${saved}`]),
  ];
}

function linesOf(
  { row, pValue, logProb, reasons, words = [] }: Detection["anomalies"][number],
  hasReasons: boolean,
  output: Output,
): string[] {
  const none = reasons === undefined ? "not explained" : "no single column is strange given the others";
  return [
    `${output.style("bold", `row ${formatCount(row + 1)}`)}  p-value ${Number(pValue.toPrecision(2))}, log-density ${formatNats(logProb)}`,
    ...(hasReasons ? (words.length > 0 ? words : [none]).map((text) => `  ${text}`) : []),
  ];
}
