// logdet score MODEL DATA...: the rows of a table with their log-density and p-value under a model beside them, and
// which of them to look at.

import { type Command, Option } from "commander";
import type { OutputColumn, Table } from "../data/index.js";
import type { Calibration, Model } from "../model/index.js";
import { defaultStatistic, statistics } from "../model/statistics.js";
import type { Decision, DecisionFlags } from "./decision.js";
import { countOf, formatCount, formatNats } from "./format.js";
import { type ReadFlags, readRows } from "./model-table.js";
import { addCommonOptions, addTableOptions, numberThat, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import type { ReasonsFlags } from "./reasons.js";
import { openTarget } from "./target.js";

interface ScoreFlags extends TableFlags, DecisionFlags, ReadFlags, ReasonsFlags {}

/** Rows scored between two looks at the clock. */
const batchRows = 16_384;

export function define(command: Command): void {
  command
    .description(
      "Writes the table as it is with more columns: log_prob, each row's log-density under the model, in nats, per unit of " +
        "the columns; p_value, the share of normal rows that are at least as strange; and, with --alpha or --fdr, " +
        "is_anomaly. The model's columns are found by name, in any order; others are passed through.",
    )
    .argument("<model>", "model folder")
    .argument(
      "<data...>",
      'CSV, TSV, Parquet, JSON or NDJSON files, plain, .gz or .zst; globs; "-" for standard input',
    )
    .addOption(
      new Option(
        "--missing <what>",
        "rows with missing values: an error, empty results, or the density of what is known (default: as the model was fitted)",
      ).choices(["error", "drop", "model"]),
    )
    .optionsGroup("Decisions:")
    .addOption(
      new Option(
        "--statistic <name>",
        `what ranks rows for p_value (default: ${defaultStatistic}, or density if there are categories)`,
      ).choices(Object.keys(statistics)),
    )
    .option("--alpha <rate>", "flag rows so that at most this share of normal rows is flagged: 0.01", level)
    .option("--fdr <rate>", "flag rows so that at most this share of the flagged is normal: 0.1", level)
    .option(
      "--reasons <n>",
      "say in words which n columns make a row strange: of flagged rows, or of all without --alpha and --fdr; slow",
      wholeNumber(1),
    )
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "file",
    out: "file to write (default: standard output)",
    json: "a summary as one JSON object; needs --out",
    seed: "of the rows that --reasons compares with; scoring itself draws nothing at random",
  });
  addTableOptions(command)
    .addHelpText(
      "after",
      `
The lower the log-density, the less usual the row. Values of discrete columns are taken at the middle of their cell.

Statistics:
${statisticList()}

Examples:
  logdet score measurements.logdet new.csv > scored.csv
  logdet score measurements.logdet new.csv --alpha 0.01 --reasons 3 --out flagged.csv
  logdet score measurements.logdet 'logs/*.parquet' --out scored.parquet --missing drop
  zcat new.csv.gz | logdet score measurements.logdet - --format ndjson | less`,
    )
    .action(run);
}

const level = numberThat((value) => value > 0 && value < 1, "between 0 and 1, both excluded");

function statisticList(): string {
  const width = Math.max(...Object.keys(statistics).map((name) => name.length));
  return Object.entries(statistics)
    .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
    .join("\n");
}

async function run(folder: string, data: string[], flags: ScoreFlags): Promise<void> {
  const output = new Output(flags);
  const target = await openTarget(flags);
  const { appendColumns, openSources, toSourceRows } = await import("../data/index.js");
  const { load } = await import("../model/index.js");
  const { calibrationFor, decide } = await import("./decision.js");
  const { reasonsFor } = await import("./reasons.js");
  const model = await load(folder, { threads: flags.threads });
  const calibration = calibrationFor(model, flags);
  const sources = await openSources(data);
  try {
    const table = await readRows(model, sources, flags);
    for (const text of table.notices) output.note(`Note: ${text}`);
    const scores = await scoreRows(model, table, flags, output);
    const columns: OutputColumn[] = [{ name: "log_prob", values: toSourceRows(table, scores.logProb) }];
    const pValues = scores.pValues && toSourceRows(table, scores.pValues);
    if (pValues) columns.push({ name: "p_value", values: pValues });
    const decision = calibration && pValues && decide(pValues, calibration, flags);
    if (decision) columns.push({ name: "is_anomaly", values: decision.flags });
    const reasons =
      flags.reasons === undefined
        ? undefined
        : await reasonsFor(model, table, decision?.flags, flags, output);
    if (reasons) columns.push({ name: "reasons", values: reasons.words });
    const written = await appendColumns(sources, columns, target, { threads: flags.threads });
    const later = [
      ...written.notices,
      ...(calibration ? [] : [uncalibrated]),
      ...(reasons && reasons.left > 0 ? [`${countOf(reasons.left, "row")} left without reasons.`] : []),
    ];
    for (const text of later) output.note(`Note: ${text}`);

    const summary = {
      ...summarize(toSourceRows(table, scores.logProb)),
      ...(calibration && summarizeDecision(calibration, decision, flags)),
      ...(reasons && { explained: reasons.explained }),
      out: flags.out,
      notices: [...table.notices, ...later],
    };
    const text = [
      `${countOf(summary.scored, "row")} scored: mean log-density ${formatNats(summary.meanLogProb)} nats, ` +
        `lowest ${formatNats(summary.lowest.logProb)} in row ${formatCount(summary.lowest.row)}.`,
      ...(decision ? [decision.text] : []),
      ...(reasons ? [`Reasons for ${countOf(reasons.explained, "row")}.`] : []),
    ].join(" ");
    if (flags.out === undefined) output.note(text);
    else await output.result(summary, () => [`${flags.out}: ${text}`]);
  } finally {
    output.progress.clear();
    await sources.close();
    await model.release();
  }
}

const uncalibrated =
  "There is no p_value: the model has no calibration rows. Fit it again to have one (logdet fit --calibration).";

/** One number a row. */
interface Scores {
  /** Nats. */
  readonly logProb: Float64Array;
  /** Absent if the model is not calibrated. */
  readonly pValues: Float64Array | undefined;
}

export async function scoreRows(
  model: Model,
  { columns, rows }: Table,
  { statistic }: Pick<ScoreFlags, "statistic">,
  { progress }: Output,
): Promise<Scores> {
  const { dim } = model;
  const logProb = new Float64Array(rows);
  const pValues = model.calibration && new Float64Array(rows);
  const batch = new Float64Array(Math.min(batchRows, rows) * dim);
  for (let start = 0; start < rows; start += batchRows) {
    const count = Math.min(batchRows, rows - start);
    for (let i = 0; i < count; i++)
      for (let d = 0; d < dim; d++) batch[i * dim + d] = columns[d].values[start + i];
    const some = batch.subarray(0, count * dim);
    const known = await model.logProb(some);
    logProb.set(known, start);
    pValues?.set(await model.pValues(some, { statistic, logProb: known }), start);
    const done = start + count;
    progress.update({ done, total: rows, text: `${formatCount(done)}/${countOf(rows, "row")}` });
  }
  progress.clear();
  return { logProb, pValues };
}

/** What --json tells of p-values and flags. */
function summarizeDecision(
  { rows, defaultStatistic }: Calibration,
  decision: Decision | undefined,
  { statistic = defaultStatistic, alpha, fdr }: ScoreFlags,
) {
  const { flagged, expectedFalse } = decision ?? {};
  return { statistic, calibrationRows: rows, ...(decision && { alpha, fdr, flagged, expectedFalse }) };
}

interface Summary {
  readonly rows: number;
  readonly scored: number;
  readonly meanLogProb: number;
  /** The least likely row, from 1. */
  readonly lowest: { readonly row: number; readonly logProb: number };
}

function summarize(logProb: Float64Array): Summary {
  let total = 0;
  let scored = 0;
  let lowest = { row: 0, logProb: Number.POSITIVE_INFINITY };
  for (const [i, value] of logProb.entries()) {
    if (Number.isNaN(value)) continue;
    scored++;
    total += value;
    if (value < lowest.logProb) lowest = { row: i + 1, logProb: value };
  }
  return { rows: logProb.length, scored, meanLogProb: total / scored, lowest };
}
