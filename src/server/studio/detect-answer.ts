// What was detected, as the page shows it: rows with names, reasons and cells in words.

import { analyzeColumns, type ColumnType, type Table } from "../../data/index.js";
import type { Detection } from "../../fit/index.js";
import { statistics } from "../../model/statistics.js";
import { shownColumns, shownReason } from "./anomalies-cells.js";
import { labelsOf } from "./anomalies-labels.js";
import type { DetectAnswer } from "./detect-answers.js";
import { numberHistogram } from "./histograms.js";

/** Reasons that are put in a sentence. */
const mostTold = 3;
/** Cells of a row that are sent: the reasons tell of the others. */
const mostCells = 200;
const shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

/**
 * @param table that was judged
 * @param path of its file
 * @param notices what was noticed about it
 */
export async function answerOf(
  table: Table,
  found: Detection,
  {
    path,
    types,
    notices,
  }: {
    readonly path: string;
    readonly types: Readonly<Record<string, ColumnType>> | undefined;
    readonly notices: readonly string[];
  },
): Promise<DetectAnswer> {
  const { anomalies, statistic, folds, scored } = found;
  const places = anomalies.map(({ row }) => table.rowIndex?.indexOf(row) ?? row);
  const labels = await labelsOf(table, path, places);
  const named = table.columns.map(({ name, categories }) => {
    return { name, kind: categories ? ("categorical" as const) : ("continuous" as const), categories };
  });
  const columns = shownColumns(named, table, places);
  const { plans } = analyzeColumns(table, { types, infer: true });
  const scales = new Map(plans.map(({ name, scale }) => [name, scale]));
  const known = found.logProb.filter((value) => !Number.isNaN(value)).sort();
  return {
    ...{ rows: scored, leftOut: table.sourceRows - table.rows, columns: columns.length, folds },
    statistic: { name: statistic, summary: statistics[statistic].summary },
    // There are always rows that were judged.
    histogram: numberHistogram(known, { step: undefined }) as DetectAnswer["histogram"],
    quantiles: shares.map((share) => ({ share, logProb: known[Math.round(share * (known.length - 1))] })),
    labels: labels.names,
    strangest: anomalies.map(({ row, pValue, logProb, reasons = [], words = [] }, i) => {
      // What is missing is told before the reasons.
      const told = Number(table.columns.some(({ values }) => Number.isNaN(values[places[i]])));
      return {
        ...{ row: row + 1, pValue, logProb, labels: labels.texts[i] },
        missing: words.slice(0, told).join("; "),
        words: words.slice(told, told + mostTold).join("; "),
        reasons: reasons.map((reason) => shownReason(reason, scales.get(reason.column) ?? 1)),
        cells: columns.slice(0, mostCells).map(({ name, cells }) => ({ name, value: cells[i] })),
      };
    }),
    notices,
  };
}
