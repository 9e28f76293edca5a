// logdet fit DATA...: reads a table, fits a density to it, saves the model.

import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Command, Option } from "commander";
import type { Table } from "../data/index.js";
import { distributions } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import type { Fitted } from "../fit/index.js";
import { type FitOptions, parseFitOptions } from "../fit/options.js";
import { activations, recipes } from "../flows/index.js";
import { jacobianEstimators } from "../jacobian/index.js";
import { flowWords } from "../model/flow-words.js";
import { optimizers } from "../optimizers/index.js";
import { addDataOptions, type DataFlags } from "./data-options.js";
import { showFit } from "./fit-progress.js";
import { countOf, formatCount, formatNats, formatNumber, formatSeconds, shellWord } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { addCommonOptions, type CommonFlags, numberThat, wholeNumber } from "./options.js";
import { Output, programName } from "./output.js";

interface FitFlags extends CommonFlags, DataFlags {
  readonly config?: string;
  readonly force?: boolean;
  readonly flow?: string;
  readonly layers?: number;
  readonly components?: number;
  readonly noise?: number;
  readonly lipschitz?: number;
  readonly monitor?: boolean;
  readonly search?: boolean;
  readonly members?: number;
  readonly activation?: FitOptions["activation"];
  readonly base?: string;
  readonly jacobian?: string;
  readonly optimizer?: string;
  readonly lr?: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly patience?: number;
  readonly validation?: number;
  readonly calibration?: number;
  readonly jitter?: number;
  readonly robust?: number;
}

export function define(command: Command): void {
  command.description(
    "Fits a density to the columns of a table, numbers, categories and dates, and saves it as a model folder: parameters, ONNX files, " +
      "a model card and a report with pictures. Everything is chosen from the table's size and width unless you say " +
      "otherwise.",
  );
  addDataOptions(
    command,
    "rows with missing values: an error, left out, or part of the model (default: error)",
  )
    .option("--validation <share>", "share of the rows held out, between 0 and 1 (default: 0.15)", share)
    .option(
      "--calibration <share>",
      "share of the rows set apart for p-values; 0: none (default: 0.1, but 10,000 rows at most)",
      shareOrNone,
    )
    .option(
      "--robust <share>",
      "share of the rows that may be unlike the others, below 0.5: the least likely are not learned, nor are details (default: 0)",
      shareBelowHalf,
    )
    .option(
      "--jitter <sd>",
      "noise added to every column, in its standard deviations; mends collinear columns",
      atLeastZero,
    )
    .optionsGroup("Model:")
    .addOption(choice("--flow <name>", "recipe that the other choices start from", Object.keys(recipes)))
    .option("--layers <n>", "dense layers (default: chosen by validation)", positiveWhole)
    .option(
      "--components <n>",
      "nets side by side whose densities are mixed (default: chosen)",
      positiveWhole,
    )
    .addOption(choice("--activation <name>", "map between the layers", activations))
    .addOption(choice("--base <name>", "base density", Object.keys(distributions)))
    .optionsGroup("Training:")
    .option("--no-search", "train one net only: no choice of depth, noise, mixture or average by validation")
    .option(
      "--members <n>",
      "nets that the model may average at most; 1: the best alone (default: 4)",
      positiveWhole,
    )
    .option(
      "--noise <sd>",
      "noise on the training rows at first, in standard deviations (default: chosen)",
      atLeastZero,
    )
    .addOption(
      choice("--jacobian <name>", "how log|det W| gets its gradient", Object.keys(jacobianEstimators)),
    )
    .addOption(choice("--optimizer <name>", "update rule", Object.keys(optimizers)))
    .option("--lr <rate>", "largest learning rate of the schedule", aboveZero)
    .option("--batch <rows>", "rows a step", positiveWhole)
    .option("--epochs <n>", "passes over the rows (default: as many as make 3,000 steps)", aboveZero)
    .option(
      "--patience <n>",
      "evaluations without improvement after which to stop (default: never)",
      positiveWhole,
    )
    .option(
      "--lipschitz <weight>",
      "penalty on stretching standardised rows; a step then takes about ten times as long (default: 0)",
      atLeastZero,
    )
    .option("--monitor", "look at volumes and local stretching while training, for the report")
    .option("--config <file>", "JSON file with any of these choices; options given here win")
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "folder",
    out: "folder to write (default: the first file's name with .logdet)",
    json: "the result as one JSON object",
    seed: "same seed, data and options: same model (default: 0)",
  })
    .option("--force", "replace the model folder if it exists")
    .addHelpText("after", () => details())
    .action(run);
}

function details(): string {
  const list = (title: string, table: Readonly<Record<string, { summary: string }>>) => {
    const width = Math.max(...Object.keys(table).map((name) => name.length));
    const lines = Object.entries(table).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
    return `${title}\n${lines.join("\n")}`;
  };
  return `
${list("Flows:", recipes)}

${list("Base densities:", distributions)}

Ctrl-C stops early and saves the best model so far (exit code 0); a second Ctrl-C ends at once.

A --config file has the long names of the library: {"layers": 6, "learningRate": 0.01, "seed": 1}

Examples:
  logdet fit measurements.csv
  logdet fit 'logs/*.parquet' --exclude id,time --missing drop --out logs.logdet
  zcat big.csv.gz | logdet fit - --out big.logdet --json`;
}

const positiveWhole = wholeNumber(1);
const aboveZero = numberThat((value) => value > 0, "above 0");
const atLeastZero = numberThat((value) => value >= 0, "of at least 0");
const shareOrNone = numberThat((value) => value >= 0 && value < 1, "of at least 0 and below 1");
const shareBelowHalf = numberThat((value) => value >= 0 && value < 0.5, "of at least 0 and below 0.5");
const share = numberThat((value) => value > 0 && value < 1, "between 0 and 1, both excluded");

function choice(flags: string, description: string, names: readonly string[]): Option {
  return new Option(flags, description).choices([...names]);
}

async function run(data: string[], flags: FitFlags): Promise<void> {
  const output = new Output(flags);
  const options = await fitOptions(flags);
  const folder = flags.out ?? defaultFolder(data[0]);
  const { checkWritable } = await import("../model/index.js");
  // Before the work, not after it.
  await checkWritable(folder, flags.force ?? false);

  const interruption = onInterrupt(() => {
    output.progress.clear();
    output.note(
      "Stopping; the best model so far, if there is one, will be saved. Ctrl-C again ends at once.",
    );
  });
  try {
    const table = await read(data, flags, options, interruption.signal);
    if (interruption.signal.aborted) throw nothingToKeep();
    const library = await import("../fit/index.js");
    const fitted = await library.fit(table, options, {
      signal: interruption.signal,
      sources: data.map((name) => (name === "-" ? "standard input" : name)),
      onEvent: showFit(output),
    });
    if (fitted.stoppedBy === "interrupted" && fitted.model.config.training.bestStep === 0)
      throw nothingToKeep();
    await save(fitted, folder, flags.force ?? false);
    await output.result(summary(fitted, folder), () => describe(fitted, folder, output));
  } finally {
    output.progress.clear();
    interruption.release();
  }
}

async function read(
  data: string[],
  { columns, exclude }: FitFlags,
  { threads, types, missing = "error" }: FitOptions,
  signal: AbortSignal,
): Promise<Table> {
  const { readTable } = await import("../data/index.js");
  // Nobody may ever send the rest.
  if (data.includes("-")) signal.addEventListener("abort", () => process.stdin.destroy());
  try {
    const cells = missing === "model" ? "cells" : missing;
    return await readTable(data, { columns, exclude, mixed: true, types, missing: cells, threads });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw nothingToKeep();
  }
}

/** Saves the model; if that fails, in the folder for temporary files rather than not at all. */
export async function save(fitted: Fitted, folder: string, force: boolean): Promise<void> {
  const { saveFitted } = await import("../fit/index.js");
  try {
    await saveFitted(fitted, folder, { force });
  } catch (error) {
    if (!(error instanceof LogdetError)) throw error;
    const rescue = join(tmpdir(), `${basename(folder, ".logdet")}-${Date.now()}.logdet`);
    // If that fails too, it is the first failure that the user can mend.
    const saved = await saveFitted(fitted, rescue).then(
      () => true,
      () => false,
    );
    if (!saved) throw error;
    throw new LogdetError("io", error.message, {
      where: error.where,
      hint: `The model is in ${rescue}: move it to where you want it.`,
      cause: error,
    });
  }
}

function nothingToKeep(): LogdetError {
  return new LogdetError("interrupted", "stopped before there was a model to keep; nothing was written");
}

/** Choices from the --config file, and over them those of the command line. */
async function fitOptions(flags: FitFlags): Promise<FitOptions> {
  const {
    flow,
    layers,
    components,
    noise,
    members,
    activation,
    base,
    jacobian,
    optimizer,
    lr,
    batch,
    epochs,
    patience,
    lipschitz,
    monitor,
  } = flags;
  const { types, missing, validation, calibration, jitter, robust, seed, threads } = flags;
  const given = {
    // Commander sets `search` to true unless --no-search is given, which a --config file may say too.
    ...{ components, noise, members, search: flags.search === false ? false : undefined },
    ...{ flow, layers, activation, base, jacobian, optimizer, learningRate: lr, batch, epochs, patience },
    ...{ types, missing, lipschitz, monitor, validation, calibration, jitter, robust, seed, threads },
  };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return parseFitOptions({ ...(flags.config !== undefined && (await readConfig(flags.config))), ...named });
}

/** Choices of a --config file. */
export async function readConfig(file: string): Promise<FitOptions> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new LogdetError("usage", `the --config file cannot be read: ${(error as Error).message}`, {
      where: [file],
      cause: error,
    });
  }
  try {
    return parseFitOptions(JSON.parse(text), [file]);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new LogdetError("usage", `the --config file is not JSON: ${error.message}`, {
      where: [file],
      cause: error,
    });
  }
}

/** `logs/measurements.csv.gz` becomes `measurements.logdet`, in the current folder. */
export function defaultFolder(source: string): string {
  const stem = basename(source)
    .replace(/(?<=.)\.[^.]*(\.(gz|zst))?$/i, "")
    .replace(/[*?[\]{}!]+/g, "")
    .replace(/^[-_.]+|[-_.]+$/g, "");
  return `${stem || "model"}.logdet`;
}

function summary({ model, stoppedBy }: Fitted, folder: string): unknown {
  const { training, metrics, columns } = model.config;
  return {
    folder,
    report: join(folder, "report.html"),
    rows: training.rows,
    calibrationRows: training.calibrationRows,
    columns: columns.map(({ name }) => name),
    validationLogProb: metrics.validationLogProb,
    standardError: metrics.standardError,
    gaussianLogProb: metrics.gaussianLogProb,
    independentLogProb: metrics.independentLogProb,
    affineOptimum: metrics.affineOptimum,
    parameters: training.parameters,
    steps: training.steps,
    bestStep: training.bestStep,
    stoppedBy,
    seconds: training.seconds,
    notices: training.notices,
  };
}

function describe({ model, stoppedBy }: Fitted, folder: string, output: Output): string[] {
  const { calibration } = model;
  const { training, metrics, columns } = model.config;
  const nats = `${formatNats(metrics.validationLogProb)} ± ${formatNats(metrics.standardError)} nats a row`;
  const hasNet = model.numericDim > 0;
  const baseline =
    metrics.independentLogProb !== undefined
      ? ` (independent columns: ${formatNats(metrics.independentLogProb)})`
      : metrics.gaussianLogProb === null
        ? ""
        : ` (a Gaussian: ${formatNats(metrics.gaussianLogProb)})`;
  const stopped = stoppedBy === "finished" ? "" : `, ${stoppedBy}`;
  const place = shellWord(folder);
  return [
    `${output.style("bold", folder)}: ${countOf(training.rows, "row")} × ${countOf(columns.length, "column")}, ` +
      `${countOf(training.parameters, "parameter")}, ${formatSeconds(training.seconds)}`,
    `  held-out ${hasNet ? "log-density" : "log_prob   "}  ${output.style("bold", nats)}${baseline}`,
    hasNet
      ? `  best weights          step ${formatCount(training.bestStep)} of ${formatCount(training.steps)}${stopped}`
      : `  model                 ${flowWords(model.config.flow)}`,
    ...(calibration
      ? [
          `  p-values              from ${countOf(calibration.rows, "row")} set apart: ` +
            `${formatNumber(calibration.smallestPValue)} at the least`,
        ]
      : []),
    `  look                  ${join(folder, "report.html")}`,
    `  score rows            ${programName} score ${place} new.csv > scored.csv`,
    `  draw rows             ${programName} sample ${place} -n 1000 > rows.csv`,
  ];
}
