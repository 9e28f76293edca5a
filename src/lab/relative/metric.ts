// The relative gradient as what it is, a metric: the exact gradient times W Wᵀ, for chosen layers and damped at will.

import type { FloatArray } from "../../runtime/index.js";

/**
 * ∇ ← (W Wᵀ + damping · s² I) ∇ in place, s² = ‖W‖²_F / D being the mean squared singular value. All [n, n], row-major.
 *
 * Damping 0 gives the relative gradient of the linear group; the larger, the nearer to the ordinary one. O(n³): this is
 * for experiments, it starts from a gradient that has already paid for its inverse.
 */
export function applyMetric(weight: FloatArray, gradient: FloatArray, n: number, damping: number): void {
  const across = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++)
      for (let j = 0; j < n; j++) across[i * n + j] += weight[k * n + i] * gradient[k * n + j];
  let square = 0;
  for (const value of weight) square += value * value;
  const kept = (damping * square) / n;
  for (let i = 0; i < n; i++) {
    const row = gradient.subarray(i * n, (i + 1) * n);
    for (let j = 0; j < n; j++) {
      let total = kept * row[j];
      for (let k = 0; k < n; k++) total += weight[i * n + k] * across[k * n + j];
      row[j] = total;
    }
  }
}
