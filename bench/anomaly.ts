// npm run bench -- anomaly --data DIR [--json]: how well the statistics of a fitted model find the anomalies of every CSV
// file with a column `label` (1 for an anomaly, 0 for none), beside six detectors of scikit-learn on the same rows.
//
// Protocol `normal` fits 70 % of the normal rows and is judged on the others and all anomalies; `unsupervised` fits all
// rows, labels unseen, and is judged on the same. falseAlarm is the share of normal test rows whose conformal p-value is
// at most 0.01, 0.05 and 0.1, where there are p-values: in protocol `normal`, where the model calibrates them on a tenth
// of its rows, which it then is not fitted to. falseAlarmBand is where 99 of 100 such shares lie by chance, and falseAlarmP
// the two-sided p-value of the share, both by the exact law of flags. The peers get all rows. seconds are those of fitting and
// scoring, on one thread: the statistics share a fit, whose time each is told with. `robust` is the default statistic of a
// fit that leaves out the least likely fifth of the rows it is fitted to.
//
// With --json the rows are all there is on standard output. Last, on standard error, come means over the tables, and the
// false alarms of the first of our own detectors, table by table; and, a line a detector, whether all of its rates are
// within sampling error.

import { ownDetections, ownDetectors } from "./lib/anomaly-models.js";
import { peerDetections, peerDetectors } from "./lib/anomaly-peers.js";
import { type AnomalyRow, falseAlarmSummary, judge, means } from "./lib/anomaly-report.js";
import { falseAlarmTests, verdict } from "./lib/false-alarm-tests.js";
import { divide, labelledNames, labelledTable, type Protocol, protocols } from "./lib/labelled-tables.js";
import { alignedLines, benchOptions, printRows } from "./lib/options.js";

const options = benchOptions({
  data: undefined,
  /** Default: all CSV files of the folder that have a label. */
  tables: undefined,
  protocols: protocols.join(","),
  detectors: [...ownDetectors, ...peerDetectors].join(","),
  /** Each divides the rows anew, and begins what is random in a detector. */
  seeds: "0",
  /** Use at most so many rows of a table, drawn at random. */
  rows: "Infinity",
  /** Threads of scikit-learn; the fits have one. */
  threads: "1",
});

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** The values of an option, each of which must be known. */
function chosen<T extends string>(option: string, known: readonly T[]): T[] {
  return options.words(option).map((word) => {
    const found = known.find((name) => name === word);
    return found ?? refuse(`--${option}: there is no ${word}; choose of ${known.join(", ")}.`);
  });
}

const data = options.text("data") ?? refuse("Say where the tables are: npm run bench -- anomaly --data DIR");
const wanted = chosen("detectors", [...ownDetectors, ...peerDetectors]);
const own = ownDetectors.filter((name) => wanted.includes(name));
const peers = peerDetectors.filter((name) => wanted.includes(name));
const wantedProtocols: readonly Protocol[] = chosen("protocols", protocols);
const names = options.text("tables") === undefined ? await labelledNames(data) : options.words("tables");
// All before the first fit, so that a table that cannot be used is told of at once.
const tables = [];
for (const name of names) tables.push(await labelledTable(data, name, { rows: options.number("rows") }));

const rows: AnomalyRow[] = [];
for (const table of tables)
  for (const seed of options.numbers("seeds"))
    for (const protocol of wantedProtocols) {
      const split = divide(table, protocol, seed);
      const occasion = { table: table.name, protocol, seed };
      const settings = { seed, threads: options.number("threads") };
      const found = [
        ...(own.length > 0 ? await ownDetections(split, own, { seed }) : []),
        ...(peers.length > 0 ? await peerDetections(split, peers, settings) : []),
      ];
      for (const detection of found) {
        rows.push(judge(occasion, split, detection));
        console.error(JSON.stringify(rows.at(-1)));
      }
    }

/** A row in numbers, its false alarms as columns of their own, whose chances are told table by table. */
const flat = ({ falseAlarm, falseAlarmBand: _, falseAlarmP: __, note: ___, ...row }: AnomalyRow) => ({
  ...row,
  ...Object.fromEntries(Object.entries(falseAlarm).map(([level, rate]) => [`p<=${level}`, rate])),
});

printRows(options.json ? rows : rows.map(flat), options.json);
const tell = options.json ? console.error : console.log;
/** By the law of false alarms, a list of tests a detector. */
const tests = own.map((detector) => falseAlarmTests(rows, detector)).filter((list) => list.length > 0);
for (const [title, summary] of [
  ["Means over tables and seeds", means(rows)],
  ["False alarms, protocol normal", falseAlarmSummary(rows)],
  ["False alarms by table, all seeds together; 99 of 100 lie within from-to by chance", tests[0] ?? []],
] as const)
  if (summary.length > 0) tell(["", title, ...alignedLines(summary)].join("\n"));
if (tests.length > 0) tell(["", ...tests.map(verdict)].join("\n"));
for (const { table, protocol, seed, detector, note } of rows)
  if (note !== null && !options.json) tell(`${table}, ${protocol}, seed ${seed}, ${detector}: ${note}`);
