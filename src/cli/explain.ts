// logdet explain MODEL DATA...: which columns make rows strange, and how well that is found out.

import { type Command, InvalidArgumentError, Option } from "commander";
import type { Table } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { AuditedMethod, Explanation, ExplanationMethodName, Reason } from "../explain/index.js";
import { defaultExplanationMethod, explanationMethodNames, explanationMethods } from "../explain/table.js";
import { cellWords } from "../explain/words.js";
import type { Model } from "../model/index.js";
import { alignTable, countOf, formatCount, formatNats, formatNumber, formatSeconds } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { type ReadFlags, readFiles } from "./model-table.js";
import { addCommonOptions, numberThat, type TableFlags, wholeNumber } from "./options.js";
import { Output } from "./output.js";
import { takeRows } from "./reasons.js";
import { requireWritable } from "./target.js";

interface ExplainFlags extends TableFlags, ReadFlags {
  readonly row?: number;
  readonly rows?: readonly number[];
  readonly worst?: number;
  readonly top?: number;
  readonly method?: ExplanationMethodName;
  readonly alpha?: number;
  readonly audit?: boolean;
  readonly plants?: number;
}

/** Rows explained where none are asked for. */
const defaultWorst = 5;
/** Rows drawn to plant anomalies in, where no data are given. */
const drawnForAudit = 2000;

export function define(command: Command): void {
  command
    .description(
      "Says which columns make rows strange: for each row its columns, what they hold, what the rest of the row lets " +
        "expect there, and how many nats each contributes. Without --row or --rows: for the least likely rows.",
    )
    .argument("<model>", "model folder")
    .argument("[data...]", 'CSV, TSV, Parquet, JSON or NDJSON files; globs; "-" for standard input')
    .optionsGroup("Rows:")
    .addOption(
      new Option("--row <n>", "this row, counted from 1")
        .argParser(wholeNumber(1))
        .conflicts(["rows", "worst"]),
    )
    .addOption(new Option("--rows <list>", "these rows: 3,5").argParser(rowNumbers).conflicts("worst"))
    .option("--worst <n>", `the n least likely rows (default: ${defaultWorst})`, wholeNumber(1))
    .addOption(
      new Option(
        "--missing <what>",
        "rows with missing values: an error, left out, or explained by what is known (default: as the model was fitted)",
      ).choices(["error", "drop", "model"]),
    )
    .optionsGroup("Reasons:")
    .addOption(
      new Option("--method <name>", `how to explain (default: ${defaultExplanationMethod})`).choices([
        ...explanationMethodNames,
      ]),
    )
    .option("--top <n>", "columns to name, and with --audit to count hits among", wholeNumber(1))
    .option(
      "--alpha <rate>",
      "for counterfactual: the level at which a row is normal (default: 0.05)",
      numberThat((value) => value > 0 && value < 1, "between 0 and 1, both excluded"),
    )
    .option("--audit", "plant anomalies in known columns and say which method finds them; data: normal rows")
    .option("--plants <n>", "for --audit: anomalies of each kind (default: 50)", wholeNumber(1))
    .optionsGroup("Output and running:");
  addCommonOptions(command, {
    outValue: "file",
    out: "file to write (default: standard output)",
    json: "the result as one JSON object",
    seed: "of the rows drawn to compare with; same seed: same reasons (default: 0)",
  })
    .option("--force", "replace the file that --out names if it exists")
    .addHelpText(
      "after",
      `
Methods, and what the nats of a column are:
${methodList()}

Examples:
  logdet explain measurements.logdet new.csv
  logdet explain measurements.logdet new.csv --row 17 --method shapley
  logdet explain measurements.logdet new.csv --worst 100 --json | jq '.rows[].reasons[0]'
  logdet explain measurements.logdet --audit`,
    )
    .action(run);
}

function rowNumbers(text: string): number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.every((n) => Number.isSafeInteger(n) && n >= 1)) return [...new Set(numbers)];
  throw new InvalidArgumentError("They must be whole numbers from 1 on, with commas between them.");
}

function methodList(): string {
  const width = Math.max(...explanationMethodNames.map((name) => name.length));
  return explanationMethodNames
    .map((name) => `  ${name.padEnd(width)}  ${explanationMethods[name].summary}`)
    .join("\n");
}

async function run(folder: string, data: string[], flags: ExplainFlags): Promise<void> {
  const output = new Output(flags);
  checkFlags(data, flags);
  if (flags.out !== undefined) await requireWritable(flags.out, flags.force ?? false);
  const { load } = await import("../model/index.js");
  const model = await load(folder, { threads: flags.threads });
  const interruption = onInterrupt(() => {
    output.progress.clear();
    output.note("Stopping; what is done will be shown. Ctrl-C again ends at once.");
  });
  try {
    const table = data.length > 0 ? await readFiles(model, data, flags) : undefined;
    for (const text of table?.notices ?? []) output.note(`Note: ${text}`);
    if (flags.audit) await audit(model, table, flags, output, interruption.signal);
    else if (table) await explainRows(model, table, flags, output, interruption.signal);
  } finally {
    output.progress.clear();
    interruption.release();
    await model.release();
  }
}

function checkFlags(
  data: readonly string[],
  { audit, method, row, rows, worst, plants }: ExplainFlags,
): void {
  if (!audit && data.length === 0)
    throw new LogdetError("usage", "there are no rows to explain", {
      hint: "Name a file with rows: logdet explain MODEL DATA. Without one there is --audit only.",
    });
  if (audit && (row ?? rows ?? worst) !== undefined)
    throw new LogdetError("usage", "--audit chooses its rows itself: leave --row, --rows and --worst out");
  if (!audit && plants !== undefined)
    throw new LogdetError("usage", "--plants says how many anomalies --audit plants: give that too");
  if (!audit || method === undefined) return;
  throw new LogdetError("usage", "--audit tries every method: leave --method out");
}

/** A row that was explained, as --json tells of it. */
interface ExplainedRow extends Omit<Explanation, "method"> {
  /** Among those of the files, from 1. */
  readonly row: number;
  /** Absent if the model is not calibrated. */
  readonly pValue?: number;
}

async function explainRows(
  model: Model,
  table: Table,
  flags: ExplainFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { explain } = await import("../explain/index.js");
  const { method = defaultExplanationMethod, top, alpha, seed, worst = defaultWorst } = flags;
  const asked = flags.row === undefined ? flags.rows : [flags.row];
  const places = asked ? placesOf(table, asked) : await leastLikely(model, table, worst, output);
  const rows = takeRows(table, places);
  const found = await explain(model, rows, {
    method,
    top,
    alpha,
    seed,
    signal,
    onProgress: (done, total) =>
      output.progress.update({
        done,
        total,
        text: `${formatCount(done)}/${countOf(total, "row")} explained`,
      }),
  });
  if (found.length === 0) throw stopped();
  const pValues = model.calibration && (await model.pValues(rows.subarray(0, found.length * model.dim)));
  const explained = found.map(
    ({ method: _, ...explanation }, i): ExplainedRow => ({
      row: sourceRow(table, places[i]),
      ...explanation,
      ...(pValues && { pValue: pValues[i] }),
    }),
  );
  const { summary } = explanationMethods[method];
  await output.result(
    { method, nats: summary, rows: explained, notices: table.notices },
    () => describe(model, explained, { named: top ?? namedInText, meaning: `${method}: ${summary}` }, output),
    flags.out,
  );
}

const stopped = () => new LogdetError("interrupted", "stopped before there was anything to show");

/** The number of a table's row among those of the files, from 1. */
const sourceRow = ({ rowIndex }: Table, place: number) => (rowIndex?.[place] ?? place) + 1;

/** Where rows of the files are in the table. */
function placesOf({ rowIndex, rows, sourceRows }: Table, asked: readonly number[]): number[] {
  return asked.map((row) => {
    if (row > sourceRows)
      throw new LogdetError("usage", `there is no row ${row}: the data have ${countOf(sourceRows, "row")}`, {
        hint: "Rows are counted from 1, the header left out.",
      });
    const place = rowIndex ? rowIndex.indexOf(row - 1) : row - 1;
    if (place < 0 || place >= rows)
      throw new LogdetError("data", "the row misses a value, so it has no density to explain", {
        where: [`row ${row}`],
      });
    return place;
  });
}

/** The places of the rows whose log-density is least, the least first. */
async function leastLikely(model: Model, table: Table, count: number, output: Output): Promise<number[]> {
  const { scoreRows } = await import("./score.js");
  const { logProb } = await scoreRows(model, table, {}, output);
  return Array.from(logProb.keys())
    .sort((a, b) => logProb[a] - logProb[b] || a - b)
    .slice(0, count);
}

/** Columns named in text where --top says nothing; --json has all. */
const namedInText = 8;
/** Characters of the longest bar. */
const longestBar = 24;

function describe(
  { columns }: Model,
  rows: readonly ExplainedRow[],
  { named, meaning }: { readonly named: number; readonly meaning: string },
  output: Output,
): string[] {
  const scales = new Map(columns.map(({ name, scale }) => [name, scale]));
  return [
    ...rows.flatMap(({ row, logProb, pValue, reasons }) => [
      output.style("bold", `row ${formatCount(row)}`) +
        `  log-density ${formatNats(logProb)}${pValue === undefined ? "" : `, p-value ${formatNumber(pValue)}`}`,
      ...bars(reasons, named, scales).map((line) => `  ${line}`),
      "",
    ]),
    `Nats by ${meaning}.`,
  ];
}

function bars(reasons: readonly Reason[], named: number, scales: ReadonlyMap<string, number>): string[] {
  const shown = reasons.slice(0, named);
  const most = Math.max(...reasons.map(({ nats }) => Math.abs(nats)));
  const bar = (nats: number) => {
    const length = most > 0 ? Math.round((Math.abs(nats) / most) * longestBar) : 0;
    return (nats < 0 ? "─" : "━").repeat(length);
  };
  return alignTable([
    ["column", "observed", "expected", "nats", ""],
    ...shown.map((reason) => {
      const [value, expected] = cellWords(reason, scales.get(reason.column) ?? 1);
      return [reason.column, value, expected, formatNats(reason.nats), bar(reason.nats)];
    }),
    ...(reasons.length > shown.length
      ? [[`… ${formatCount(reasons.length - shown.length)} more`, "", "", "", ""]]
      : []),
  ]);
}

async function audit(
  model: Model,
  table: Table | undefined,
  { top = 3, alpha, seed = 0, plants, out }: ExplainFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { auditExplanations, plantings } = await import("../explain/index.js");
  const rows = table
    ? takeRows(
        table,
        Array.from({ length: table.rows }, (_, i) => i),
      )
    : await model.sample(drawnForAudit, { seed });
  const onProgress = (done: number, total: number) =>
    output.progress.update({ done, total, text: `${formatCount(done)}/${countOf(total, "row")} explained` });
  const options = { top, alpha, seed, plants, signal, onProgress };
  const audited = await auditExplanations(model, rows, options);
  if (audited.length === 0) throw stopped();
  const kinds = Object.entries(plantings).filter(([kind]) => kind in audited[0].kinds);
  await output.result(
    { top, plants: plants ?? 50, drawn: table === undefined, methods: audited },
    () => [
      ...auditTable(audited, top),
      "",
      `First: share of planted rows whose first column is a planted one; top ${top}: share of planted columns among the ` +
        `first ${top}. Planted in ${table ? "rows of the data" : "rows drawn from the model"}:`,
      ...kinds.map(([kind, { summary }]) => `  ${kind}: ${summary}`),
    ],
    out,
  );
}

function auditTable(audited: readonly AuditedMethod[], top: number): string[] {
  const kinds = Object.keys(audited[0].kinds) as (keyof AuditedMethod["kinds"])[];
  return alignTable([
    ["method", "first", `top ${top}`, ...kinds.map((kind) => `${kind}, first`), "a thousand rows"],
    ...audited.map(({ method, first, amongTop, kinds: rates, secondsPerThousand }) => [
      method,
      first.toFixed(3),
      amongTop.toFixed(3),
      ...kinds.map((kind) => rates[kind]?.first.toFixed(2) ?? ""),
      formatSeconds(secondsPerThousand),
    ]),
  ]);
}
