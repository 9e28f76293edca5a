// The density of a mixture of Gaussians a column and its gradients, in float32. The source is assembly/mixture.ts.

/**
 * The base density of `mixtureOfGaussians`, fused:
 *
 *   log p(z) = Σ_d log Σ_k π_dk N(z_d; μ_dk, σ_dk²),   π = softmax(logits), σ = exp(logScale)
 *
 * Arrays are byte offsets of row-major float32: z, dz [rows, dim]; logProb, upstream [rows]; logits, mean, logScale and
 * their gradients [dim, components]. No output may overlap another array. Up to 32,768 components. A column costs
 * `components` exponentials a row. An infinite z has the density −∞ and gradients of NaN; NaN gives NaN.
 */
export interface MixtureKernels {
  /** Bytes of scratch space that the others need. */
  mixtureScratch(dim: number, components: number): number;

  /** logProb = log p(z), nats. */
  mixtureForward(
    rows: number,
    dim: number,
    components: number,
    z: number,
    logits: number,
    mean: number,
    logScale: number,
    logProb: number,
    scratch: number,
  ): void;

  /**
   * The gradients of Σ_rows upstream · log p(z). With g = upstream, r_k = π_k N(z; μ_k, σ_k²) / Σ_j π_j N(z; μ_j, σ_j²)
   * and d = (z − μ) / σ:
   *
   *   dlogits = Σ g (r − π),  dmean = Σ g r d / σ,  dlogScale = Σ g r (d² − 1),  dz = −g Σ_k r_k d_k / σ_k
   *
   * Sums over rows are float32 within blocks of 64 rows and float64 between them. An output at 0 is not wanted.
   */
  mixtureBackward(
    rows: number,
    dim: number,
    components: number,
    z: number,
    logits: number,
    mean: number,
    logScale: number,
    upstream: number,
    dz: number,
    dLogits: number,
    dMean: number,
    dLogScale: number,
    scratch: number,
  ): void;
}
