// A grid and some rows on their way through a flow.

export { lineCount, linePoints } from "../../src/server/studio/layers-grid.js";

/** Row-major [n, 2] each. */
export interface Stage {
  /** What has just been applied; "data" at the start. */
  readonly name: string;
  /** `lineCount` lines of `linePoints` points each. */
  readonly lines: ArrayLike<number>;
  readonly points: ArrayLike<number>;
}
