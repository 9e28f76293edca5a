// What the studio's server tells the page Look: plain data, written once for both sides.

/** A value of a column that has few: a category, or a point of a short lattice. */
export interface LookValue {
  /** As the model takes it: a category's code, or the number. */
  readonly value: number;
  readonly label: string;
}

/** A column as its controls need it. */
export interface LookColumn {
  readonly name: string;
  /** Whether it holds categories. */
  readonly isCategorical: boolean;
  /** What the data had, in the column's units. */
  readonly from: number;
  readonly to: number;
  /** From one value to the next; null where there is no such step. */
  readonly step: number | null;
  /** All categories, or the first 200. */
  readonly categories: readonly LookValue[];
  /** In the densest of 256 rows that the model drew. */
  readonly typical: number;
}

/** POST look/model */
export interface LookModel {
  /** "linear → (spline → linear) × 7 → normal" */
  readonly layers: string;
  readonly columns: readonly LookColumn[];
  /** Columns of the files that are not in the model. */
  readonly dropped: readonly string[];
  readonly notices: readonly string[];
  /** Rows that the numbers were trained on, and rows that judged them. */
  readonly trainRows: number;
  readonly validationRows: number;
  /** Mean log-density of the held-out rows if the columns were independent: of categories alone. */
  readonly independentLogProb: number | null;
  /** Log-density of the typical row, nats. */
  readonly typicalLogProb: number;
}

/** An axis of numbers: `size` equal cells, of whose middles is spoken. */
export interface NumberAxis {
  readonly kind: "numbers";
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** An axis of few values. */
export interface ValuesAxis {
  readonly kind: "values";
  readonly name: string;
  /** In their order, or the most frequent ones first where there are too many. */
  readonly values: readonly LookValue[];
  /** How many values are left out, and their share of the model's probability. */
  readonly omitted: number;
  readonly omittedShare: number;
}

export type LookAxis = NumberAxis | ValuesAxis;

/** POST look/density: of one or two columns. */
export interface LookDensity {
  readonly x: LookAxis;
  /** null: of one column alone. */
  readonly y: LookAxis | null;
  /** x fastest: density per unit of axes of numbers, probability of values. To 4 digits. */
  readonly density: readonly number[];
  /**
   * "exact": the model's own, which has no other columns. "draws": of rows that it drew, whatever their other columns.
   * "held": its own along x and y with all others held, 1 in all over the picture.
   */
  readonly how: "exact" | "draws" | "held";
  /** Rows drawn; 0: none. */
  readonly draws: number;
  /** Standard deviation of the kernel that smooths draws, one an axis of numbers in x, y; the widest of several curves. */
  readonly bandwidth: readonly number[];
  /** Share of the drawn rows that lies outside of the picture; null where nothing was drawn. */
  readonly outside: number | null;
}

/** POST look/points: rows of a table, or drawn ones. */
export interface LookPoints {
  /** Rows that have both cells, and how many miss one. */
  readonly total: number;
  readonly missing: number;
  /** The shown ones, evenly spaced among them: their numbers from 1, and both cells. */
  readonly rows: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** One row as a table has it. */
export interface LookCell {
  readonly name: string;
  /** null: missing. */
  readonly value: number | null;
  readonly text: string;
}

/** POST look/row */
export interface LookRow {
  /** From 1, in its file. */
  readonly row: number;
  readonly cells: readonly LookCell[];
  /** Nats, in original units. */
  readonly logProb: number;
  /** Share of rows drawn by the model, with missing cells as in the data, that are less likely. */
  readonly lessLikely: number;
  readonly draws: number;
}

/** One dimension of the latent space beside the base. */
export interface LatentCheck {
  /** From 1. */
  readonly dimension: number;
  /** Where rows fall among the base's draws: counts in equal bars from 0 to 1. */
  readonly counts: readonly number[];
  /** Rows a bar would hold, and the counts that 95 % of bars lie between, if the dimension were as the base. */
  readonly expected: number;
  readonly band: readonly [low: number, high: number];
  /** Kolmogorov and Smirnov's, and adjusted for all dimensions (Holm). */
  readonly pValue: number;
  readonly adjusted: number;
}

/** POST look/latent */
export interface LookLatent {
  /** Dimensions in all; 0: the model has no latent. */
  readonly dimensions: number;
  /** Nets of which the model is an average or a mixture; 1: a plain flow. */
  readonly nets: number;
  /** The one whose latent this is, from 1. */
  readonly net: number;
  /** Whether every row is of every net (an average), or of one that is not known (a mixture). */
  readonly isAverage: boolean;
  /** The base's density of the two dimensions (or the one), from its draws. */
  readonly base: LookDensity | null;
  readonly points: LookPoints;
  /** Complete rows that were looked at, evenly spaced, of so many. */
  readonly rows: number;
  readonly of: number;
  /** Draws of the base that they are compared with. */
  readonly draws: number;
  /** Strangest first, at most 256 dimensions. */
  readonly checks: readonly LatentCheck[];
}

/** One column of data and draws: shares of their known cells, one a bar. */
export interface LookHistogram {
  readonly name: string;
  /** Of numbers: where the bars end. Of values: empty. */
  readonly edges: readonly number[];
  /** Of values: what the bars are. */
  readonly labels: readonly string[];
  readonly data: readonly number[];
  readonly drawn: readonly number[];
  /** Shares of missing cells. */
  readonly dataMissing: number;
  readonly drawnMissing: number;
}

/** POST look/samples */
export interface LookSamples {
  /** What the axes of both scatter plots are. */
  readonly x: LookAxis;
  readonly y: LookAxis | null;
  /** null: no table is chosen. Columns of `between` are spread over their steps, as in training. */
  readonly data: LookPoints | null;
  /** Columns of the pictures whose values repeat, but on no lattice: the model draws between them. */
  readonly between: readonly string[];
  readonly drawn: LookPoints;
  /** Of one page of columns. */
  readonly histograms: readonly LookHistogram[];
  readonly columns: readonly string[];
  /** 20 drawn rows as text, cell by cell. */
  readonly table: readonly (readonly string[])[];
  /** Rows drawn. */
  readonly draws: number;
}
