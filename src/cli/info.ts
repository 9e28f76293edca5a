// logdet info MODEL: what a model is, how it came about and how good it is.

import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Command } from "commander";
import { baseWords, flowWords } from "../model/flow-words.js";
import type { Calibration, Model, ModelConfig, Tails } from "../model/index.js";
import { kindWords } from "../model/report/sentences.js";
import { runWords } from "../model/run-words.js";
import {
  alignPairs,
  alignTable,
  countOf,
  formatBytes,
  formatCount,
  formatNats,
  formatNumber,
  formatSeconds,
} from "./format.js";
import { addCommonOptions, type TableFlags } from "./options.js";
import { Output } from "./output.js";
import { requireWritable } from "./target.js";

/** Columns and layers listed to people; --json has all. */
const listed = 30;

export function define(command: Command): void {
  command
    .description(
      "Shows a model: its columns, its layers, how it was trained, how likely held-out rows are under it, and its " +
        "files. The model is read and checked as for scoring, and rows are drawn from it to compare its tails with " +
        "the data's.",
    )
    .argument("<model>", "model folder");
  addCommonOptions(command, {
    outValue: "file",
    out: "file to write (default: standard output)",
    json: "everything that is known as one JSON object",
    seed: "of the rows whose tails are compared with the data's (default: the model's own)",
  })
    .option("--force", "replace the file that --out names if it exists")
    .addHelpText(
      "after",
      `
Examples:
  logdet info measurements.logdet
  logdet info measurements.logdet --json | jq .metrics`,
    )
    .action(run);
}

interface ModelFile {
  readonly name: string;
  readonly bytes: number;
}

async function run(folder: string, flags: TableFlags): Promise<void> {
  const output = new Output(flags);
  if (flags.out !== undefined) await requireWritable(flags.out, flags.force ?? false);
  const { load } = await import("../model/index.js");
  const model = await load(folder, { threads: flags.threads });
  const { config } = model;
  const tails = await tailsOfModel(model, flags.seed);
  const files = await filesOf(folder);
  const calibration = model.calibration && {
    rows: model.calibration.rows,
    statistics: model.calibration.statistics,
    smallestPValue: model.calibration.smallestPValue,
  };
  const lines = () => describe(folder, config, { tails: tails?.words, calibration, files }, output);
  await output.result(
    { folder, ...config, ...(calibration && { calibration }), ...(tails && { tails }), files },
    lines,
    flags.out,
  );
}

interface TailReport {
  /** Those of the data are among the metrics. */
  readonly model: Tails;
  readonly words: readonly string[];
}

/** The tails of rows drawn from the model, and how they compare; undefined where the data's were not estimated. */
async function tailsOfModel(model: Model, seed?: number): Promise<TailReport | undefined> {
  const { compareTails, modelTails, tailSentence } = await import("../model/index.js");
  const { columns, metrics, training } = model.config;
  const tails = metrics.tails && (await modelTails(model, metrics.tails, seed ?? training.seed));
  if (!metrics.tails || !tails) return undefined;
  const names = columns.flatMap(({ kind, name }) => (kind === "categorical" ? [] : [name]));
  const wrong = compareTails(metrics.tails, tails, names).map(tailSentence);
  return { model: tails, words: wrong.length > 0 ? wrong : ["tails match"] };
}

async function filesOf(folder: string): Promise<ModelFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return files
    .map((path, i) => ({ name: relative(folder, path), bytes: sizes[i] }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What is known beside the configuration. */
interface Found {
  readonly tails: readonly string[] | undefined;
  readonly calibration: Pick<Calibration, "rows" | "statistics" | "smallestPValue"> | undefined;
  readonly files: readonly ModelFile[];
}

function describe(
  folder: string,
  { columns, flow, training, metrics, version, created }: ModelConfig,
  { tails, calibration, files }: Found,
  output: Output,
): string[] {
  const title = (text: string) => output.style("bold", text);
  const width = (process.stdout.columns || Number.POSITIVE_INFINITY) - margin.length;
  const pairs = (list: Pairs) => indent(alignPairs(list, width));
  const { gaussianLogProb, independentLogProb } = metrics;
  const isFlow = columns.some(({ kind }) => kind !== "categorical");
  const gaussian = gaussianLogProb === null ? "none: a covariance is singular" : formatNats(gaussianLogProb);
  return [
    `${title(folder)}  fitted ${created.slice(0, 10)} with logdet ${version}`,
    "",
    title(`Held-out log-${isFlow ? "density" : "probability"}, nats a row`),
    ...pairs([
      ["this model", `${formatNats(metrics.validationLogProb)} ± ${formatNats(metrics.standardError)}`],
      independentLogProb === undefined
        ? ["a Gaussian", gaussian]
        : ["independent columns", formatNats(independentLogProb)],
    ]),
    "",
    title(`Columns (${formatCount(columns.length)})`),
    ...indent(
      alignTable([
        ["name", "kind", "step", "minimum", "maximum", "mean", "deviation"],
        ...columns
          .slice(0, listed)
          .map(({ name, quantum, categories, minimum, maximum, center, scale, ...column }) => [
            name,
            kindWords(column),
            quantum === undefined ? "" : formatNumber(quantum),
            ...(categories
              ? [`${formatCount(categories.length)} categories`, "", "", ""]
              : [minimum, maximum, center, scale].map(formatNumber)),
          ]),
      ]),
    ),
    ...more(columns.length),
    ...(tails
      ? [
          "",
          title("Tails, by Hill's estimates of their index"),
          ...indent(tails.slice(0, listed)),
          ...more(tails.length),
        ]
      : []),
    "",
    title(`${isFlow ? "Flow" : "Model"} (${countOf(training.parameters, "parameter")})`),
    ...(isFlow
      ? pairs([
          ...layersOf(flow.bijection),
          ["base", "components" in flow.base ? baseWords(flow.base) : wordsOf(flow.base)],
        ])
      : indent([flowWords(flow)])),
    "",
    title("Training"),
    ...pairs([
      ["data", training.sources.join(", ") || "a table in memory"],
      [
        "rows",
        `${formatCount(training.rows)}: ${formatCount(training.trainRows)} to train on, ` +
          `${formatCount(training.validationRows)} held out` +
          (training.calibrationRows ? `, ${formatCount(training.calibrationRows)} set apart` : ""),
      ],
      [
        "p-values",
        calibration
          ? `of ${calibration.statistics.join(", ")}; ${countOf(calibration.rows, "calibration row")}, so ` +
            `${formatNumber(calibration.smallestPValue)} at the least`
          : "none: no rows were set apart to calibrate them",
      ],
      ...(training.dropped.length > 0 ? [["left out", training.dropped.join(", ")] as const] : []),
      [
        "choices",
        !isFlow
          ? `${training.optimizer}, seed ${training.seed}`
          : `recipe ${training.recipe}, Jacobian ${training.jacobian}, optimizer ${training.optimizer}, learning rate ` +
            `${training.learningRate}, batch ${training.batch}, input noise ${training.noise}, seed ${training.seed}`,
      ],
      isFlow
        ? [
            "steps",
            `best of ${formatCount(training.steps)} (${formatNumber(training.epochs)} epochs): ` +
              `${formatCount(training.bestStep)}; ${training.stoppedBy}, ${formatSeconds(training.seconds)}`,
          ]
        : ["time", formatSeconds(training.seconds)],
      ...netsOf({ training, metrics }),
      ...training.notices.map((text) => ["note", text] as const),
    ]),
    "",
    title("Files"),
    ...pairs(files.map(({ name, bytes }) => [name, formatBytes(bytes)] as const)),
  ];
}

/** What the one net is, or which were tried: "4 layers: -6.420; 8 layers: -6.210 (kept)". */
function netsOf({
  training: { runs = [], keepsGaussian },
  metrics,
}: Pick<ModelConfig, "training" | "metrics">): [string, string][] {
  if (runs.length === 0) return [];
  if (runs.length === 1 && !keepsGaussian) return [["net", runWords(runs[0])]];
  const tried = [
    ...runs.map((run) => ({ words: runWords(run), nats: run.validationLogProb, kept: run.kept })),
    ...(keepsGaussian ? [{ words: "a Gaussian", nats: metrics.gaussianLogProb, kept: true }] : []),
  ];
  const fate = tried.filter(({ kept }) => kept).length > 1 ? "averaged" : "kept";
  const words = tried.map(({ words, nats, kept }) => {
    const value = nats === null ? "no finite density" : formatNats(nats);
    return `${words}: ${value}${kept ? ` (${fate})` : ""}`;
  });
  return [["nets tried", words.join("; ")]];
}

/** What stands below a list that was cut. */
const more = (length: number) =>
  length > listed ? [`${margin}… and ${formatCount(length - listed)} more: --json lists all`] : [];

type Pairs = readonly (readonly [name: string, text: string])[];

const margin = "  ";
const indent = (lines: readonly string[]) => lines.map((line) => margin + line);

type Part = ModelConfig["flow"]["base"];

function layersOf(bijection: Part): [string, string][] {
  // Beside columns that stay as they are.
  if (bijection.type === "beside") return layersOf(bijection.inner as Part);
  const parts = Array.isArray(bijection.parts) ? (bijection.parts as Part[]) : [bijection];
  const rows = parts.slice(0, listed).map((part, i): [string, string] => [String(i + 1), wordsOf(part)]);
  return parts.length > listed ? [...rows, ["…", `${parts.length - listed} more`]] : rows;
}

/** "rational-quadratic-spline (bins 8)". */
function wordsOf({ type, dim: _, ...options }: Part): string {
  const words = Object.entries(options).flatMap(([name, value]) => {
    if (typeof value !== "object") return [[name, value]];
    // Parts of a mixture: which nets they are is told under "nets tried".
    if (Array.isArray(value)) return [[name, value.length]];
    // An option that is itself a part, like the margins of a copula.
    return value && "type" in value ? [[name, value.type]] : [];
  });
  return words.length === 0
    ? type
    : `${type} (${words.map(([name, value]) => `${name} ${value}`).join(", ")})`;
}
