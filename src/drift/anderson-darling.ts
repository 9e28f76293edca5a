// Are two samples of numbers from one distribution? By ranks, sensitive in the tails.

import { type PermutationOptions, type PermutationTest, permutationTest } from "./permutations.js";

/**
 * The two-sample Anderson-Darling test of numbers x, [n], against y, [m], with ties at their middle rank; the p-value by
 * permutation.
 *
 *   A² = (N − 1)/N Σ_i 1/n_i Σ_j l_j/N (N M_ij − n_i B_j)² / (B_j (N − B_j) − N l_j / 4)
 *
 * over the distinct values j of both, each there l_j times; B_j and M_ij count the values below j, in both samples and in
 * sample i, with half of those that equal it. Infinite values rank as they should. O(N log N + permutations · N).
 *
 * @see Scholz and Stephens, "K-sample Anderson-Darling tests", 1987, eq. 7
 */
export function andersonDarlingTest(
  x: Float64Array,
  y: Float64Array,
  options: PermutationOptions,
): Promise<PermutationTest> {
  const statistic = andersonDarling(x, y);
  // One part: there is nothing to standardise.
  return permutationTest(x.length + y.length, x.length, (labels) => Float64Array.of(statistic(labels)), {
    ...options,
    permutations: { ...options.permutations, scale: 0 },
  });
}

/** A² of the pooled numbers as a function of which are of the first sample. */
export function andersonDarling(x: Float64Array, y: Float64Array): (labels: Uint8Array) => number {
  const pool = Float64Array.from([...x, ...y]);
  const order = Uint32Array.from(pool.keys()).sort((a, b) => pool[a] - pool[b]);
  const total = pool.length;
  return (labels) => {
    let [first, below, firstBelow, sum] = [0, 0, 0, 0];
    for (const label of labels) first += label;
    for (let i = 0; i < total; ) {
      let [ties, firstTies] = [0, 0];
      const value = pool[order[i]];
      for (; i < total && pool[order[i]] === value; i++) {
        ties++;
        firstTies += labels[order[i]];
      }
      const middle = below + ties / 2;
      const spread = middle * (total - middle) - (total * ties) / 4;
      // Samples share their ranks: what one has above its share the other has below, so both squares are the same.
      const excess = total * (firstBelow + firstTies / 2) - first * middle;
      if (spread > 0) sum += ((ties / total) * excess * excess) / spread;
      below += ties;
      firstBelow += firstTies;
    }
    return ((total - 1) / total) * sum * (1 / first + 1 / (total - first));
  };
}
