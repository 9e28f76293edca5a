// The flagged rows of a table as CSV.

import type { Table } from "../../data/index.js";
import { freeName } from "../../data/names.js";
import type { Model } from "../../model/index.js";
import { breathe } from "../../runtime/breathe.js";
import { csvLine } from "../csv.js";
import { Refusal } from "../refusal.js";
import { shownColumns } from "./anomalies-cells.js";
import type { RowScores } from "./anomalies-scores.js";
import { rowNumber } from "./tables.js";

/** Rows that are written without giving up the thread. */
const rowsTogether = 500;
/** More than these are better written by the command line. */
const mostCells = 2e6;

/**
 * Rows with a p-value of at most the threshold, in the order of the table: row (in the file, from 1), p_value, log_prob,
 * and the model's columns. Where one of these is named so already, the first three are row_2 and so on.
 *
 * @throws Refusal 413 if there are too many, 400 if the model has no p-values
 */
export async function flaggedCsv(
  model: Model,
  table: Table,
  { logProb, pValues }: RowScores,
  threshold: number,
): Promise<string> {
  if (!pValues)
    throw new Refusal(400, "the model has no calibration rows, so no p-values to flag rows by", {
      hint: "Fit it again with rows set apart for p-values.",
    });
  const places = [...pValues.keys()].filter((place) => pValues[place] <= threshold);
  if (places.length * model.dim > mostCells)
    throw new Refusal(413, `${places.length} rows of ${model.dim} columns are too many for the page`, {
      hint: "Choose a lower rate, or write them with: logdet score MODEL TABLE --alpha RATE --out scored.csv",
    });
  const names = shownColumns(model.columns, table, []).map(({ name }) => name);
  // A column of the table keeps its name.
  const results = ["row", "p_value", "log_prob"].map((name) => freeName(name, new Set(names)));
  let text = csvLine([...results, ...names]);
  for (let start = 0; start < places.length; start += rowsTogether) {
    await breathe();
    const some = places.slice(start, start + rowsTogether);
    const columns = shownColumns(model.columns, table, some);
    for (const [i, place] of some.entries())
      text += csvLine([
        ...[rowNumber(table, place), pValues[place], logProb[place]],
        ...columns.map(({ cells }) => cells[i]),
      ]);
  }
  return text;
}
