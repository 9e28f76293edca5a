// logdet calibrate MODEL DATA...: other normal rows for a model to rank its p-values among, without another fit.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Table } from "../data/index.js";
import type { Model, Rows } from "../model/index.js";
import { countOf, formatCount, formatNumber } from "./format.js";
import { type ReadFlags, readFiles } from "./model-table.js";
import { addCommonOptions, type CommonFlags } from "./options.js";
import { Output } from "./output.js";
import { takeRows } from "./reasons.js";

interface CalibrateFlags extends CommonFlags, ReadFlags {
  readonly force?: boolean;
}

/** The level at which old and new p-values are compared. */
const level = 0.05;

export function define(command: Command): void {
  command
    .description(
      "Sets the rows that a model's p-values are ranked among: normal rows that it was not fitted to, today's, say. The " +
        "model itself stays as it is.",
    )
    .argument("<model>", "model folder; it is replaced, whole or not at all, unless --out names another")
    .argument("<data...>", 'CSV, TSV, Parquet, JSON or NDJSON files; globs; "-" for standard input')
    .addOption(
      new Option(
        "--missing <what>",
        "rows with missing values: an error, left out, or ranked by what is known (default: as the model was fitted)",
      ).choices(["error", "drop", "model"]),
    )
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "folder",
    out: "folder to write (default: the model's own)",
    json: "the result as one JSON object",
    seed: "without effect: nothing is drawn at random",
  })
    .option("--force", "replace the folder that --out names if it exists")
    .addHelpText(
      "after",
      `
With n rows no p-value is below 1 / (n + 1), and no level below that can be asked for.

Examples:
  logdet calibrate measurements.logdet normal-days.csv
  logdet calibrate measurements.logdet 'logs/*.parquet' --out today.logdet`,
    )
    .action(run);
}

async function run(folder: string, data: string[], flags: CalibrateFlags): Promise<void> {
  const output = new Output(flags);
  const { checkWritable, load } = await import("../model/index.js");
  const target = flags.out ?? folder;
  const model = await load(folder, { threads: flags.threads });
  try {
    await checkWritable(target, flags.out === undefined || (flags.force ?? false));
    const table = await readFiles(model, data, flags);
    const seen = data.filter((name) => model.config.training.sources.includes(name));
    const notices = [...table.notices, ...(seen.length > 0 ? [fitted(seen)] : [])];
    for (const text of notices) output.note(`Note: ${text}`);
    output.say(`Scoring ${countOf(table.rows, "row")}`);
    const rows = takeRows(
      table,
      Array.from({ length: table.rows }, (_, i) => i),
    );
    const before = model.calibration && {
      rows: model.calibration.rows,
      share: await shareBelow(model, rows),
    };
    await model.calibrate(rows);
    await save(model, target, folder, `${countOf(table.rows, "row")} of ${data.join(", ")}`);
    const result = summary(model, table, { folder: target, before, notices });
    await output.result(result, () => describe(result, output));
  } finally {
    output.progress.clear();
    await model.release();
  }
}

const fitted = (names: readonly string[]) =>
  `The model was fitted to ${names.join(", ")}: rows that it knows look more normal to it than new ones will, so more new rows ` +
  `will be flagged than asked for. Calibrate with rows that it was not fitted to.`;

/** Of rows, how many would have been flagged at the level so far. */
async function shareBelow(model: Model, rows: Rows): Promise<number> {
  const pValues = await model.pValues(rows);
  return pValues.reduce((count, p) => count + Number(p <= level), 0) / pValues.length;
}

/** How what the model and its card say of the calibration begins: the next one replaces it. */
const ranked = "P-values are ranked among ";

/** Saves the model with its new calibration; its report stays that of the fit, its card but for a line. */
async function save(model: Model, target: string, folder: string, rows: string): Promise<void> {
  const { exists, saveModel } = await import("../model/index.js");
  const { escapeMarkdown } = await import("../model/model-card.js");
  const notice = `${ranked}${rows}, not among those that the fit set apart (logdet calibrate).`;
  const files: Record<string, string> = {};
  for (const name of ["README.md", "report.html"])
    if (await exists(join(folder, name))) files[name] = await readFile(join(folder, name), "utf8");
  if (files["README.md"] !== undefined)
    files["README.md"] = noted(
      files["README.md"],
      escapeMarkdown(`${notice} What the report says of calibration rows is of the fit's.`),
    );
  const { flow, parameters, filler, reference, calibration, config } = model;
  const { training } = config;
  const notices = [...training.notices.filter((text) => !text.startsWith(ranked)), notice];
  const changed = { ...config, training: { ...training, notices } };
  await saveModel({ flow, parameters, filler, reference, calibration, config: changed }, target, {
    force: true,
    files,
  });
}

/** A card with a line on the calibration: in place of an earlier one; else after the training data, or at the end. */
function noted(card: string, line: string): string {
  const lines = card.split("\n");
  const earlier = lines.findIndex((text) => text.startsWith(ranked));
  if (earlier >= 0) return lines.with(earlier, line).join("\n");
  const after = lines.indexOf("## Metrics");
  return after < 0 ? `${card.trimEnd()}\n\n${line}\n` : lines.toSpliced(after, 0, line, "").join("\n");
}

interface Summary {
  readonly folder: string;
  readonly rows: number;
  readonly smallestPValue: number;
  readonly before: { readonly rows: number; readonly share: number } | undefined;
  readonly statistics: readonly string[];
  readonly notices: readonly string[];
}

function summary(
  { calibration }: Model,
  { rows }: Table,
  rest: Pick<Summary, "folder" | "before" | "notices">,
): Summary {
  const { smallestPValue = 1, statistics = [] } = calibration ?? {};
  return { ...rest, rows, smallestPValue, statistics };
}

function describe({ folder, rows, smallestPValue, before }: Summary, output: Output): string[] {
  return [
    `${output.style("bold", folder)}: p-values are ranked among ${countOf(rows, "row")} now`,
    `  smallest p-value  ${formatNumber(smallestPValue)}: no --alpha or --fdr below it can be asked for`,
    ...(before
      ? [
          `  before            among ${formatCount(before.rows)}, where ${formatNumber(100 * before.share)} % of these rows ` +
            `had ${level} or less`,
        ]
      : []),
  ];
}
