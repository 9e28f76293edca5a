// A grid and some rows on their way through a flow.

/** Half of the lines go up, half across. */
export const lineCount = 26;
export const linePoints = 61;

/** Standardised units: row-major [n, 2] each. */
export interface Stage {
  /** What has just been applied; "data" at the start. */
  readonly name: string;
  /** `lineCount` lines of `linePoints` points each. */
  readonly lines: Float32Array;
  readonly points: Float32Array;
}
