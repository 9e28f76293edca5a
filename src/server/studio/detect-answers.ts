// What the studio's server tells its page about the strange rows of a table that nobody has cleaned: plain data, written once
// for both sides.

import type { ColumnType } from "../../data/index.js";
import type { StatisticName } from "../../model/index.js";
import type { RankedRow, ShownCell, ShownReason } from "./anomalies-answers.js";
import type { NumberHistogram } from "./fit-answers.js";
import type { Piece } from "./progress.js";

/** POST /api/detect: no model is needed, each row is judged by one that was fitted to others. */
export interface DetectQuestion {
  readonly table: string;
  /** Columns to leave out. */
  readonly exclude?: readonly string[] | undefined;
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Rows that miss cells. Default: "model", they are judged by what is known. */
  readonly missing?: "error" | "drop" | "model" | undefined;
  readonly seed?: number | undefined;
  /** Parts of the table, and fits: 2 to 10. Default: 2. */
  readonly folds?: number | undefined;
  /** Rows to list and to explain, 1 to 500. Default: 100; 20 where there are more than 100 columns. */
  readonly top?: number | undefined;
}

export type DetectPiece = Piece<DetectAnswer>;

/** One of the strangest rows. */
export interface JudgedRow extends RankedRow {
  /** Its rank among all rows that were judged, as a share of them. */
  readonly pValue: number;
  /** Which of its cells are missing, and how often that is so; empty: none. */
  readonly missing: string;
  /** The first three reasons in a sentence; empty: no column stands out. */
  readonly words: string;
  /** Of the 12 columns that make it strangest. */
  readonly reasons: readonly ShownReason[];
  /** Dates put together; the first 200 columns. */
  readonly cells: readonly { readonly name: string; readonly value: ShownCell }[];
}

/** A table's rows, each judged by a model that has not seen it. */
export interface DetectAnswer {
  /** Rows that were judged. */
  readonly rows: number;
  /** Rows that miss cells, where such were not wanted. */
  readonly leftOut: number;
  /** Columns that `cells` would have if there were room for all. */
  readonly columns: number;
  readonly folds: number;
  readonly statistic: { readonly name: StatisticName; readonly summary: string };
  /** Log-densities of all rows that were judged, nats. */
  readonly histogram: NumberHistogram;
  /** The log-densities that the shares 0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 and 1 of the rows do not exceed. */
  readonly quantiles: readonly { readonly share: number; readonly logProb: number }[];
  /** Up to four columns of the file that are not judged: they tell who the row is. */
  readonly labels: readonly string[];
  readonly strangest: readonly JudgedRow[];
  readonly notices: readonly string[];
}
