// The score of one source in a linear separation. The source is assembly/ica.ts.

export interface IcaKernels {
  /**
   * One source's score ψ(y) = tanh y, of a peaked density, or y − tanh y, of a flat one, in float32:
   *
   *   score ← ψ(y),   sums ← Σ log cosh y, Σ tanh² y, Σ y²
   *
   * y and score are byte offsets of `count` elements, a positive multiple of 4, aligned to 4 and apart; sums of three
   * float64. Zeros add nothing to the sums, so they may fill up a last block.
   *
   * @param flat 0 for the peaked density
   */
  icaScore(count: number, y: number, flat: number, score: number, sums: number): void;
}
