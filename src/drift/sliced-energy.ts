// Are two samples of rows from one distribution? By the energy distance of their shadows on random lines.

import { type PermutationOptions, type PermutationTest, permutationTest } from "./permutations.js";

/** Lines that the rows are cast on. */
const projections = 64;

/**
 * The sliced energy distance of two samples, tested by permutation. On a line the energy distance is an integral over the
 * distribution functions, so one sort of all rows does for every labelling:
 *
 *   E = 2/P Σ_p ∫ (F_p(t) − G_p(t))² dt = 2 E|X − Y| − E|X − X'| − E|Y − Y'|,  averaged over P = 64 directions
 *
 * O(P N log N) for the observed samples, O(P N) for each permutation.
 *
 * @param rows of both samples, row-major [N, dim], all of one scale; the first `first` are the first sample's
 * @see Székely and Rizzo, "Energy statistics", 2013; Hertrich et al., "Generative sliced MMD flows with Riesz kernels", 2024
 */
export function slicedEnergyTest(
  rows: Float64Array,
  dim: number,
  first: number,
  options: PermutationOptions,
): Promise<PermutationTest> {
  const statistic = slicedEnergy(rows, dim, directionsOf(dim, options));
  return permutationTest(rows.length / dim, first, (labels) => Float64Array.of(statistic(labels)), {
    ...options,
    permutations: { ...options.permutations, scale: 0 },
  });
}

/** Unit vectors, row-major [P, dim]; in one dimension there is one line only. */
function directionsOf(dim: number, { random }: PermutationOptions): Float64Array {
  if (dim === 1) return Float64Array.of(1);
  const directions = random.split("directions").fillNormal(new Float64Array(projections * dim));
  for (let p = 0; p < projections; p++) {
    const direction = directions.subarray(p * dim, (p + 1) * dim);
    const length = Math.hypot(...direction);
    for (let d = 0; d < dim; d++) direction[d] /= length;
  }
  return directions;
}

/** The sliced energy distance of the pooled rows as a function of which are of the first sample. */
export function slicedEnergy(
  rows: Float64Array,
  dim: number,
  directions: Float64Array,
): (labels: Uint8Array) => number {
  const total = rows.length / dim;
  const lines = Array.from({ length: directions.length / dim }, (_, p) => {
    const shadow = new Float64Array(total);
    for (let i = 0; i < total; i++)
      for (let d = 0; d < dim; d++) shadow[i] += rows[i * dim + d] * directions[p * dim + d];
    const order = Uint32Array.from(shadow.keys()).sort((a, b) => shadow[a] - shadow[b]);
    const gaps = Float64Array.from(order, (row, i) =>
      i + 1 < total ? shadow[order[i + 1]] - shadow[row] : 0,
    );
    return { order, gaps };
  });
  return (labels) => {
    let first = 0;
    for (const label of labels) first += label;
    const [rise, fall] = [1 / first + 1 / (total - first), 1 / (total - first)];
    let sum = 0;
    for (const { order, gaps } of lines) {
      let count = 0;
      for (let i = 0; i < total; i++) {
        count += labels[order[i]];
        const difference = count * rise - (i + 1) * fall;
        sum += gaps[i] * difference * difference;
      }
    }
    return (2 * sum) / lines.length;
  };
}
