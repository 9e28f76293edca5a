// What the studio's server tells its pages about drift: plain data, written once for both sides.

import type { Shift } from "../../drift/index.js";
import type { Piece } from "./progress.js";

/** POST /api/drift */
export interface DriftQuestion {
  /** What was normal: a table, or a model's calibration rows. */
  readonly reference: { readonly table: string } | { readonly model: string };
  /** The new rows. */
  readonly table: string;
  /** Probability of a false verdict. Default: 0.05. */
  readonly alpha?: number | undefined;
  /** Put the new rows in the order of this column, which is not compared. */
  readonly by?: string | undefined;
  /** Rows a window: since when, rather than whether. */
  readonly window?: number | undefined;
}

export type DriftPiece = Piece<DriftAnswer>;

export type DriftAnswer = RowsDrift | DriftOverTime;

/** Whether the new rows are from the reference's distribution. */
export interface RowsDrift {
  readonly kind: "rows";
  readonly shift: Shift;
  /** Of the most conspicuous columns, 60 at most. None beside a model: it keeps no rows. */
  readonly distributions: readonly ColumnDistribution[];
  /** Columns of dates that were compared: time goes on, so new rows differ in them. */
  readonly dates: readonly string[];
  readonly notices: readonly string[];
}

/** Since when they are not. */
export interface DriftOverTime {
  readonly kind: "series";
  readonly alpha: number;
  readonly window: number;
  readonly step: number;
  /** Reference rows that every window was compared with. */
  readonly referenceRows: number;
  readonly currentRows: number;
  /** What was compared: the log-density first, then the columns with the smallest p-values, 40 in all at most. */
  readonly features: readonly string[];
  /** Features that there are. */
  readonly featureCount: number;
  readonly windows: readonly DriftWindow[];
  /** The first window that has shifted; null if none has. */
  readonly first: number | null;
  readonly seconds: number;
  /** Of the reference and the first window that has shifted; of all new rows if none has. */
  readonly distributions: readonly ColumnDistribution[];
  readonly notices: readonly string[];
}

export interface DriftWindow {
  /** Rows in order, from 1, both included. */
  readonly from: number;
  readonly to: number;
  /** What stands in the ordering column in its first and last row; null where rows keep the order of the file. */
  readonly begins: number | string | null;
  readonly ends: number | string | null;
  readonly shifted: boolean;
  /** p-values adjusted for all windows and features, one a feature of `features`. */
  readonly adjusted: readonly number[];
}

/** A column's values in both tables, on the same bars. */
export interface ColumnDistribution {
  readonly column: string;
  /** "bins" of numbers from `from` to `to`; "values" and "categories" one by one. */
  readonly kind: "bins" | "values" | "categories";
  readonly bars: readonly DistributionBar[];
  /** Share of the cells that are missing. */
  readonly missing: readonly [reference: number, current: number];
  /** Whether the outermost bins also count what lies beyond them. */
  readonly isCut: boolean;
}

export interface DistributionBar {
  readonly label: string;
  /** Equal to `to` where it is one value; of categories their place. */
  readonly from: number;
  readonly to: number;
  /** Shares of the cells that are not missing. */
  readonly reference: number;
  readonly current: number;
}

/** POST /api/drift/columns {table}: its columns, for choosing what to order by. */
export interface DriftColumns {
  readonly columns: readonly string[];
}
