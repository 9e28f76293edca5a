// What the studio's server tells of a flow's Jacobian at a row.

/** An answer where there is nothing to show, which is nobody's mistake: why, as a sentence. */
export interface NotShown {
  readonly notShown: string;
}

/** A cell as it is shown: a number, a category, or nothing. */
export type ShownCell = number | string | null;

/** A unit step through the standardised columns, and how far the latent moves with it. */
export interface StretchedStep {
  /** A singular value: latent units for a step of length 1. */
  readonly stretch: number;
  /** The columns that take part most, the largest share first. The squares of all columns' shares add up to 1. */
  readonly parts: readonly { readonly column: string; readonly share: number }[];
}

/** Which of a model's nets is looked at. */
export interface ShownNet {
  /** From 1. */
  readonly number: number;
  /** 1: the model is a single net. */
  readonly count: number;
  /** The share that it has in the density: of the row, or on average over rows. */
  readonly share: number;
}

/** POST /api/jacobian {model, table?, row}, or NotShown: the Jacobian of the map to the latent at a row. */
export interface JacobianAnswer {
  /** Its number in the file, from 1; without a table, which of the model's draws it is. */
  readonly row: number;
  /** The row; `filled` is what a missing number was taken to be. At most 40 cells. */
  readonly cells: readonly {
    readonly column: string;
    readonly value: ShownCell;
    readonly filled: number | null;
  }[];
  /** Columns of numbers, all of them. */
  readonly size: number;
  /** Those that are shown, in the model's order: at most 40, those that move the latent most. */
  readonly columns: readonly string[];
  /** The coordinates of the latent that are shown, from 1: at most 40, those that move most. */
  readonly latents: readonly number[];
  /** ∂z_i/∂x_j, latent units a standardised unit of the column: [latents][columns]. */
  readonly matrix: readonly (readonly number[])[];
  /** All of them, the largest first. */
  readonly singularValues: readonly number[];
  /** Σ log singular values, nats. */
  readonly logDet: number;
  /** Log-density of the base at the row's latent, nats; of a net among several with the logarithm of its weight. */
  readonly baseLogProb: number;
  /** From standardised to the columns' own units, −Σ log scale, nats. */
  readonly unitsLogDet: number;
  /** What the other nets add to the logarithm, nats; 0 for a single net. */
  readonly othersLogProb: number;
  /** Log-density of the row, missing numbers filled: the sum of the four above. */
  readonly logProb: number;
  readonly net: ShownNet;
  readonly most: StretchedStep;
  readonly least: StretchedStep;
}

/** POST /api/jacobian/rows {model, table?, x?, y?}, or NotShown: rows of which one can be chosen. */
export interface JacobianRowsAnswer {
  /** Columns of numbers. */
  readonly numeric: readonly string[];
  readonly x: string;
  /** Undefined where the model has one column of numbers: then `ys` are log-densities, nats. */
  readonly y: string | undefined;
  /** In the file, from 1; of draws their places. */
  readonly numbers: readonly number[];
  /** In the columns' units; null where missing. */
  readonly xs: readonly (number | null)[];
  readonly ys: readonly (number | null)[];
  /** Whether the rows are draws of the model, as there is no table. */
  readonly areDrawn: boolean;
}
