// Several tests at one level: p-values that are compared with the level as if each test were the only one.

/**
 * Holm's adjusted p-values: reject where they are at most α, and the probability of rejecting any true hypothesis is at
 * most α, however the tests depend on each other.
 *
 *   p̃_(k) = max_{j ≤ k} min(1, W_j p_(j) / w_(j)),   W_j the weight that is left before step j
 *
 * in the order of p / w. O(n log n).
 *
 * @param weights how the level is shared out; default: evenly
 * @see Holm, "A simple sequentially rejective multiple test procedure", 1979, §2 and §4 for weights
 * @example holm([0.01, 0.04, 0.03])  // [0.03, 0.06, 0.06]
 */
export function holm(pValues: ArrayLike<number>, weights?: ArrayLike<number>): Float64Array {
  const weight = (i: number) => weights?.[i] ?? 1;
  const order = Array.from({ length: pValues.length }, (_, i) => i).sort(
    (a, b) => pValues[a] / weight(a) - pValues[b] / weight(b),
  );
  const adjusted = new Float64Array(pValues.length);
  // Summed from the end, so that the last weight is itself and not what rounding left of a difference.
  const left = new Float64Array(pValues.length);
  let total = 0;
  for (let k = order.length - 1; k >= 0; k--) {
    total += weight(order[k]);
    left[k] = total;
  }
  let highest = 0;
  for (const [k, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (left[k] * pValues[i]) / weight(i)));
    adjusted[i] = highest;
  }
  return adjusted;
}
