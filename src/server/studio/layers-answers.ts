// What the studio's server tells of how a flow's layers bend a grid.

import type { ShownNet } from "./jacobian-answers.js";

/** The grid and the rows before the first layer, or after one. */
export interface LayerStage {
  /** "data", then the layers' names: "spline 1". */
  readonly name: string;
  /** `lineCount` lines of `linePoints` points each, row-major [n, 2]: see layers-grid.ts. */
  readonly lines: readonly number[];
  /** Row-major [n, 2]. */
  readonly points: readonly number[];
  /** The share of the grid's variance that is seen; 1 where there are two coordinates. */
  readonly seen: number;
}

/** POST /api/layers {model, table?, x?, y?}, or NotShown */
export interface LayersAnswer {
  /** Columns of numbers. */
  readonly numeric: readonly string[];
  /** The columns in whose plane the grid lies. */
  readonly x: string;
  readonly y: string;
  /** The row that lends the grid its other columns, by its number; undefined if there are no others. */
  readonly heldRow: number | undefined;
  /** Whether the flow has more coordinates than two, so that a plane of them is seen. */
  readonly isProjected: boolean;
  /** The net that has the largest share in the rows' densities, on average. */
  readonly net: ShownNet;
  readonly rows: number;
  /** Whether the rows are draws of the model. */
  readonly areDrawn: boolean;
  /** Layers that move nothing are left out. */
  readonly stages: readonly LayerStage[];
}
