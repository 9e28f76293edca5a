// A table's strange rows: which come first, and how many there are below every threshold.

import { basename } from "node:path";
import type { Table } from "../../data/index.js";
import type { Calibration, Model } from "../../model/index.js";
import { statistics } from "../../model/statistics.js";
import type { AnomaliesAnswer, Level, PValueBar } from "./anomalies-answers.js";
import { labelsOf } from "./anomalies-labels.js";
import type { RowScores } from "./anomalies-scores.js";
import { rowNumber } from "./tables.js";

const mostListed = 500;
const mostBars = 20;

/**
 * What a page shows of a table's rows.
 *
 * @param name of the table in the studio's folder
 * @param path of its file
 */
export async function rankRows(
  model: Model,
  table: Table,
  { logProb, pValues }: RowScores,
  { name, path }: { readonly name: string; readonly path: string },
): Promise<AnomaliesAnswer> {
  const { calibration } = model;
  const order = strangestFirst({ logProb, pValues }, mostListed);
  const labels = await labelsOf(table, path, order);
  const ranks = pValues && calibration && ranksOf(pValues, calibration);
  const statistic = calibration?.defaultStatistic;
  return {
    rows: table.rows,
    leftOut: table.sourceRows - table.rows,
    isSource: isSourceOf(model, name),
    calibrationRows: calibration?.rows ?? 0,
    statistic: statistic === undefined ? null : { name: statistic, summary: statistics[statistic].summary },
    levels: ranks ? levelsOf(ranks) : [],
    histogram: ranks ? ranksHistogram(ranks, table.rows) : [],
    meanLogProb: logProb.reduce((sum, value) => sum + value / logProb.length, 0),
    heldOutLogProb: model.config.metrics.validationLogProb,
    labels: labels.names,
    strangest: order.map((place, i) => ({
      row: rowNumber(table, place),
      pValue: pValues?.[place] ?? null,
      logProb: logProb[place],
      labels: labels.texts[i],
    })),
    notices: table.notices,
  };
}

/** Whether the model was fitted to a table of this name. */
const isSourceOf = ({ config }: Pick<Model, "config">, table: string): boolean =>
  config.training.sources.some((source) => source === table || basename(source) === basename(table));

/** Places of the rows with the smallest p-values; of equal ones the least likely. O(rows log rows), in native sorts. */
function strangestFirst({ logProb, pValues }: RowScores, most: number): number[] {
  const p = pValues ?? logProb;
  const limit = p.toSorted()[Math.min(most, p.length) - 1];
  const first = [...p.keys()].filter((place) => p[place] <= limit);
  return first.sort((a, b) => p[a] - p[b] || logProb[a] - logProb[b] || a - b).slice(0, most);
}

/** Rows by the rank that is their p-value, k / (n + 1): counts[k]. */
function ranksOf(pValues: Float64Array, { rows: n }: Calibration): Float64Array {
  const counts = new Float64Array(n + 2);
  for (const p of pValues) counts[Math.round(p * (n + 1))]++;
  return counts;
}

/** Every rank; from the thousandth on those of three digits, and the last. */
function levelsOf(counts: Float64Array): Level[] {
  const last = counts.length - 1;
  const levels: Level[] = [];
  let rows = 0;
  for (let k = 1; k <= last; k++) {
    rows += counts[k];
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(k)) - 2);
    if (k % unit === 0 || k === last) levels.push({ p: k / last, rows });
  }
  return levels;
}

/** Bars of the same number of ranks, but for the last: a p-value is a rank, and other bounds would make teeth of nothing. */
function ranksHistogram(counts: Float64Array, rows: number): PValueBar[] {
  const last = counts.length - 1;
  const width = Math.ceil(last / mostBars);
  const bounds = Array.from({ length: Math.ceil(last / width) + 1 }, (_, i) => Math.min(last, i * width));
  return bounds.slice(1).map((to, i) => ({
    from: bounds[i] / last,
    to: to / last,
    rows: counts.subarray(bounds[i] + 1, to + 1).reduce((sum, count) => sum + count, 0),
    expected: (rows * (to - bounds[i])) / last,
  }));
}
