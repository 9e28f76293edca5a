// The scores of sources in a linear separation. The source is assembly/ica.ts.

export interface IcaKernels {
  /**
   * tanh y, the score of a peaked density, for all sources of a block of rows, in float32; and each source's sums:
   *
   *   tanhs ← tanh y,   sums += Σ log 2 cosh y (as many as columns), then Σ tanh² y
   *
   * y and tanhs are byte offsets of row-major [rows, width], apart; sums of 2 · width float64, aligned to 8.
   *
   * @param width a multiple of 4: fill rows up with zeros
   */
  icaScore(rows: number, width: number, y: number, tanhs: number, sums: number): void;
}
