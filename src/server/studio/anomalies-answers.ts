// What the studio's server tells its pages about strange rows: plain data, written once for both sides.

import type { ExplanationMethodName } from "../../explain/index.js";
import type { StatisticName } from "../../model/index.js";
import type { Piece } from "./progress.js";

/** A cell as the file means it: a number, a category or a date in words, or nothing. */
export type ShownCell = number | string | null;

/** POST /api/anomalies */
export interface AnomaliesQuestion {
  readonly model: string;
  readonly table: string;
}

export type AnomaliesPiece = Piece<AnomaliesAnswer>;

/** A threshold that p-values can be compared with. */
export interface Level {
  /** A multiple of 1 / (calibration rows + 1). */
  readonly p: number;
  /** Rows of the table whose p-value is at most this. */
  readonly rows: number;
}

/** A bar of the histogram of p-values. */
export interface PValueBar {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Rows that would be here if all rows were like those that the model was calibrated with. */
  readonly expected: number;
}

export interface RankedRow {
  /** In the file, from 1. */
  readonly row: number;
  /** Null where the model has no calibration rows. */
  readonly pValue: number | null;
  /** Nats, per unit of the columns. */
  readonly logProb: number;
  /** Of the columns `labels`. */
  readonly labels: readonly (string | null)[];
}

/** A table's rows under a model. */
export interface AnomaliesAnswer {
  /** Rows that were scored. */
  readonly rows: number;
  /** Rows that miss cells, where the model knows of none. */
  readonly leftOut: number;
  /** Whether the model was fitted to this table. */
  readonly isSource: boolean;
  /** 0: there are no p-values, no levels and no histogram, and rows are ranked by their log-density. */
  readonly calibrationRows: number;
  readonly statistic: { readonly name: StatisticName; readonly summary: string } | null;
  /** Ascending: all that can be reached, from the thousandth on to three digits. */
  readonly levels: readonly Level[];
  readonly histogram: readonly PValueBar[];
  /** Nats a row: of these rows, and of those held out when the model was fitted. */
  readonly meanLogProb: number;
  readonly heldOutLogProb: number;
  /** Up to four columns of the file that the model does not use: they tell who the row is. */
  readonly labels: readonly string[];
  /** The smallest p-values first, of equal ones the smallest log-density: 500 at most. */
  readonly strangest: readonly RankedRow[];
  readonly notices: readonly string[];
}

/** POST /api/anomalies/reasons */
export interface ReasonsQuestion {
  readonly model: string;
  readonly table: string;
  /** In the file, from 1; 1 to 50. */
  readonly rows: readonly number[];
  readonly method?: ExplanationMethodName | undefined;
  /** Columns a row to name, 1 to 50. Default: 12. */
  readonly top?: number | undefined;
  /** Columns whose density given the rest of the row is wanted, 0 to 6: those named first. Default: 0. */
  readonly curves?: number | undefined;
}

export interface ShownReason {
  readonly column: string;
  readonly value: string;
  readonly expected: string;
  /** Positive: the column makes the row stranger. */
  readonly nats: number;
}

/** The density of one column given all others of a row. */
export interface ConditionalCurve {
  readonly column: string;
  /** "density": per unit, exponential between the values; "probability": of each value; "category": the same, of `names`. */
  readonly kind: "density" | "probability" | "category";
  /** Ascending; of categories their codes. */
  readonly values: readonly number[];
  readonly names?: readonly string[];
  readonly heights: readonly number[];
  /** The row's own value; null: missing. */
  readonly observed: number | null;
  readonly observedText: string;
  /** The likeliest. */
  readonly expected: number;
  readonly expectedText: string;
}

/** Why a row is strange: a line of the answer to ReasonsQuestion, in the order of its rows. */
export interface RowReasons {
  readonly row: number;
  readonly method: ExplanationMethodName;
  readonly logProb: number;
  /** The first three in a sentence; empty: nothing stands out. */
  readonly words: string;
  /** The first alone. */
  readonly firstWords: string;
  readonly reasons: readonly ShownReason[];
  readonly curves: readonly ConditionalCurve[];
  /** All cells of the model's columns, dates put together. */
  readonly cells: readonly { readonly name: string; readonly value: ShownCell }[];
}

/** POST /api/anomalies/flagged, answered by CSV: row, p_value, log_prob and the cells of the model's columns. */
export interface FlaggedQuestion {
  readonly model: string;
  readonly table: string;
  /** Rows whose p-value is at most this. */
  readonly threshold: number;
}

/** GET /api/anomalies/methods */
export interface MethodEntry {
  readonly name: ExplanationMethodName;
  readonly summary: string;
}
