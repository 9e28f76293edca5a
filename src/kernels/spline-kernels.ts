// The rational-quadratic spline of every column, its inverse and its gradients, in float32. The sources are
// assembly/spline.ts and assembly/spline-table.ts.

/**
 * The curves of `rationalQuadraticSpline`, fused: softmax and softplus of the parameters, the search for each element's
 * piece, the curve and the logarithm of its slope in one call. Four columns of a row are worked on at a time.
 *
 * Arrays are byte offsets of row-major float32:
 *
 * - x, y and their gradients: [rows, dim]; logDet and its gradient: [rows], nats
 * - widths, heights and their gradients: [dim, bins]; slopes and its gradient: [dim, bins + 1]
 * - left, width, bottom, height: [dim], where the knots begin and how far they reach
 *
 * rows and dim are at least 1, bins 2 to 512. An output at 0 is not wanted and not worked for. No output may overlap
 * another array (but see `splineBackward`). A NaN in x makes its own y and its row's logDet NaN. Cost: rows · dim · bins
 * comparisons, from 129 bins on rows · dim · log bins, and dim · bins exponentials a call.
 *
 * @see Durkan et al., "Neural spline flows", NeurIPS 2019, eq. 4-8
 */
export interface SplineKernels {
  /** Bytes of scratch space that the others need. */
  splineScratch(dim: number, bins: number): number;

  /** y = the curves at x; logDet = Σ over columns of log dy/dx. */
  splineForward(
    rows: number,
    dim: number,
    bins: number,
    x: number,
    widths: number,
    heights: number,
    slopes: number,
    left: number,
    width: number,
    bottom: number,
    height: number,
    y: number,
    logDet: number,
    scratch: number,
  ): void;

  /** x = the values whose curves reach y (roots of quadratics); logDet = Σ over columns of log dx/dy. */
  splineInverse(
    rows: number,
    dim: number,
    bins: number,
    y: number,
    widths: number,
    heights: number,
    slopes: number,
    left: number,
    width: number,
    bottom: number,
    height: number,
    x: number,
    logDet: number,
    scratch: number,
  ): void;

  /**
   * The gradients of Σ upstreamY · y + Σ upstreamLogDet · logDet with y and logDet as of `splineForward`, which need
   * not have run. An upstream at 0 is a gradient of zeros. `dx` may lie exactly where `upstreamY` lies. Sums over rows
   * are float32 within blocks of 256 rows and float64 between them.
   */
  splineBackward(
    rows: number,
    dim: number,
    bins: number,
    x: number,
    widths: number,
    heights: number,
    slopes: number,
    left: number,
    width: number,
    bottom: number,
    height: number,
    upstreamY: number,
    upstreamLogDet: number,
    dx: number,
    dWidths: number,
    dHeights: number,
    dSlopes: number,
    scratch: number,
  ): void;
}
