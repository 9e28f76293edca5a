// Where chains start: at rows drawn from the model that come nearest to what is known.

import type { Random } from "../random/index.js";
import type { ConditionalSpace, Pool } from "./conditional-space.js";
import type { Target } from "./conditional-target.js";

/** Of how many rows a start is chosen: so many for each chain, within these limits. */
const candidatesPerChain = 4;
const [fewestCandidates, mostCandidates] = [64, 1024];

/** A category that is another counts as a number that is so many standard deviations off. */
const otherCategory = 10;

/**
 * Complete rows that chains start from, row-major [targets · each, width], the chains of a target beside each other.
 *
 * Of the pool, rows near to what is known of a target are likely to be like draws given it, in which of several groups of
 * rows they belong to as well. They are chosen with the weights that would make them such draws were all rows of a
 * neighbourhood looked at,
 *
 *   w ∝ p(x_known*, x_unknown) / p(x_known, x_unknown),   * what is known of the target.
 *
 * @param pool draws of the model
 */
export async function nearestStarts(
  space: ConditionalSpace,
  pool: Pool,
  targets: readonly Target[],
  each: number,
  random: Random,
): Promise<Float32Array> {
  const { width } = space.layout;
  const wanted = Math.min(Math.max(candidatesPerChain * each, fewestCandidates), mostCandidates);
  const count = Math.min(wanted, pool.logProb.length);
  const candidates = new Float32Array(targets.length * count * width);
  const chosen = targets.map((target, t) => {
    const nearest = nearestRows(pool.rows, width, target, count);
    for (const [i, row] of nearest.entries())
      candidates.set(
        withKnown(pool.rows.subarray(row * width, (row + 1) * width), target),
        (t * count + i) * width,
      );
    return nearest;
  });
  const logProb = await space.logProb(candidates);
  const starts = new Float32Array(targets.length * each * width);
  for (const [t, nearest] of chosen.entries()) {
    const logWeights = Float64Array.from(nearest, (row, i) => logProb[t * count + i] - pool.logProb[row]);
    for (const [i, k] of resample(logWeights, each, random).entries()) {
      const row = (t * count + k) * width;
      starts.set(candidates.subarray(row, row + width), (t * each + i) * width);
    }
  }
  return starts;
}

/** The places of the pool's rows that are nearest to what is known of a target. */
function nearestRows(rows: Float32Array, width: number, target: Target, count: number): Uint32Array {
  const { coordinates, knownNumbers, knownSlots } = target;
  const distances = Float64Array.from({ length: rows.length / width }, (_, row) => {
    let distance = 0;
    for (const d of knownNumbers) distance += (rows[row * width + d] - coordinates[d]) ** 2;
    for (const slot of knownSlots) if (rows[row * width + slot] !== 1) distance += otherCategory ** 2;
    return distance;
  });
  return Uint32Array.from(distances.keys())
    .sort((a, b) => distances[a] - distances[b] || a - b)
    .subarray(0, count);
}

/** A row with what is known of the target in place of its own. */
function withKnown(row: Float32Array, { coordinates, numbers, categories }: Target): Float32Array {
  const result = coordinates.slice();
  for (const d of numbers) result[d] = row[d];
  for (const { at, size } of categories) result.set(row.subarray(at, at + size), at);
  return result;
}

/** So many places drawn by weight, stratified, in random order. Alike if no weight is a number. */
function resample(logWeights: Float64Array, count: number, random: Random): Uint32Array {
  const largest = logWeights.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logWeights.map((value) => (largest > -Infinity ? Math.exp(value - largest) : 1));
  const total = weights.reduce((a, b) => a + b, 0);
  const places = new Uint32Array(count);
  let [k, reached] = [0, weights[0]];
  for (const [i, place] of random.permutation(count).entries()) {
    const at = ((i + random.uniform()) / count) * total;
    while (reached < at && k < weights.length - 1) reached += weights[++k];
    places[place] = k;
  }
  return places;
}
