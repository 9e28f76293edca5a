// What a way to explain rows is given, and what it gives back. Everything here speaks the columns' units.

import type { Calibration, ColumnConfig, Rows } from "../model/index.js";
import type { Random } from "../random/index.js";

/** What is asked of a model: a fitted `Model` has it all. Rows are row-major, one number a column. */
export interface Explained {
  readonly columns: readonly ColumnConfig[];
  readonly calibration?: Calibration | undefined;
  logProb(rows: Rows): Promise<Float64Array>;
  /** Of calibrated models: p-values of the model's default statistic, for rows whose log-densities are known. */
  pValues?(rows: Rows, known: { readonly logProb: Float64Array }): Promise<Float64Array>;
  /** ∇ₓ log p(x), nats per unit; 0 for categorical columns. */
  scoreFunction(rows: Rows): Promise<Float64Array>;
  sample(n: number, options?: { seed?: number }): Promise<Float64Array>;
}

/** Draws of a model to compare rows with, complete: no cell is missing. */
export interface Background {
  readonly count: number;
  /** Row-major [count · D], in the columns' units. */
  readonly rows: Float64Array;
  /** [count], nats. */
  readonly logProb: Float64Array;
  /** Every column's draws, ascending. */
  readonly sorted: readonly Float64Array[];
}

/** Some rows that are to be explained. */
export interface Question {
  readonly model: Explained;
  /** Row-major [n · D]. NaN: missing; such a cell gets 0 nats. */
  readonly rows: Float64Array;
  /** Their log-densities, [n], nats. */
  readonly logProb: Float64Array;
  /** Draws of the model. */
  readonly background: Background;
  /** The level whose p-value a counterfactual row exceeds. */
  readonly alpha: number;
  /** Only split from, never drawn from: a row's reasons do not depend on the rows beside it. */
  readonly random: Random;
}

/** What the columns contribute to the strangeness of rows. */
export interface Attribution {
  /** [n · D], nats. Positive: the column makes the row stranger. */
  readonly nats: Float64Array;
  /** What stands against each value, [n · D], where the method has such; otherwise what the rest lets expect. */
  readonly expected?: Float64Array;
  /** [n], where the method promises completeness: a row's nats add up to baseline − log p(x). */
  readonly baseline?: Float64Array;
}

/** A way to say which columns make a row strange. */
export interface ExplanationMethod {
  /** One line for lists of choices: what the nats of a column are. */
  readonly summary: string;
  /** Whether the nats of a row add up to a difference of log-densities. */
  readonly complete: boolean;
  /** A column's part in words: value and expectation are texts. */
  sentence(part: { column: string; value: string; expected: string; nats: string }): string;
  attribute(question: Question): Promise<Attribution>;
}
