// The step of a separation: L-BFGS in the frame of the sources, where the curvature is nearly made of two-by-two blocks.

/** Pairs of step and change of gradient that are remembered. */
const memory = 7;
/** No block's smaller eigenvalue is taken to be less: where two sources cannot be told apart it is 0. */
const leastCurvature = 0.05;

/**
 * Directions t for the layer W ← W (I − t), from the relative gradient G = E[yᵀψ(y)] − I.
 *
 * At independent sources the curvature couples t_ij with t_ji alone, as [h_ij 1; 1 h_ji] with
 * h_ij = E[y_i²] E[ψ′(y_j)]. Its inverse is where L-BFGS starts; what it has seen of the gradient corrects the rest.
 * Matrices are row-major [n, n]. O(n²) a step and remembered pair.
 *
 * @see Ablin, Cardoso and Gramfort, "Faster independent component analysis by preconditioning with Hessian
 * approximations", IEEE Transactions on Signal Processing 2018
 */
export class RelativeQuasiNewton {
  readonly #n: number;
  #pairs: { step: Float64Array; change: Float64Array; inverse: number }[] = [];

  constructor(n: number) {
    this.#n = n;
  }

  /** Forgets what it has seen: the function has changed. */
  reset(): void {
    this.#pairs = [];
  }

  /** Takes in that a step t changed the gradient by `change`. */
  record(t: Float64Array, change: Float64Array): void {
    const step = t.map((value) => -value);
    const product = dot(step, change);
    // Only so does the approximation stay positive definite.
    if (!(product > 0)) return;
    this.#pairs.push({ step, change, inverse: 1 / product });
    if (this.#pairs.length > memory) this.#pairs.shift();
  }

  /**
   * The direction t, downhill for certain.
   *
   * @param gradient G, [n, n]
   * @param power E[y_i²], [n]
   * @param slope E[ψ′(y_j)], [n]
   */
  direction(gradient: Float64Array, power: Float64Array, slope: Float64Array): Float64Array {
    const q = gradient.slice();
    const weights = this.#pairs.map(() => 0);
    for (let k = this.#pairs.length - 1; k >= 0; k--) {
      const { step, change, inverse } = this.#pairs[k];
      weights[k] = inverse * dot(step, q);
      addScaled(q, change, -weights[k]);
    }
    const t = solveBlocks(q, power, slope, this.#n);
    this.#pairs.forEach(({ step, change, inverse }, k) => {
      addScaled(t, step, weights[k] - inverse * dot(change, t));
    });
    if (dot(t, gradient) > 0) return t;
    this.reset();
    return solveBlocks(gradient, power, slope, this.#n);
  }
}

/** Solves [h_ij 1; 1 h_ji] (t_ij, t_ji) = (g_ij, g_ji) for every pair, and (h_ii + 1) t_ii = g_ii. */
function solveBlocks(g: Float64Array, power: Float64Array, slope: Float64Array, n: number): Float64Array {
  const t = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    t[i * n + i] = g[i * n + i] / Math.max(power[i] * slope[i] + 1, leastCurvature);
    for (let j = i + 1; j < n; j++) {
      let above = power[i] * slope[j];
      let below = power[j] * slope[i];
      const least = (above + below - Math.hypot(above - below, 2)) / 2;
      const lift = Math.max(leastCurvature - least, 0);
      above += lift;
      below += lift;
      const determinant = above * below - 1;
      t[i * n + j] = (below * g[i * n + j] - g[j * n + i]) / determinant;
      t[j * n + i] = (above * g[j * n + i] - g[i * n + j]) / determinant;
    }
  }
  return t;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(y: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}
