// A cloud of points seen in the plane in which it is most spread out, stage by stage, without the view turning about.

import { breathe } from "../../runtime/breathe.js";

/** A stage as it is seen. */
export interface SeenStage {
  /** Row-major [n, 2]. */
  readonly values: Float64Array;
  /** The share of the leading points' variance that lies in the plane. */
  readonly seen: number;
}

interface FollowOptions {
  /** Coordinates of a point. */
  readonly dim: number;
  /** Those of the first stage's plane. */
  readonly places: readonly [number, number];
  /** Points, the first ones, by whose spread the planes are chosen. */
  readonly leading: number;
}

/** Rounds of the power method: more than a picture needs, cheap all the same. */
const rounds = 60;

/**
 * Every stage of n points, row-major [n, dim], in two coordinates: the first stage in the given ones; each later one in
 * the two principal directions of its leading points, turned or mirrored so that these points move least from the stage
 * before (orthogonal Procrustes), with the mean of the other points in the middle. Two-dimensional stages stay as they are.
 *
 * Cost O(leading · dim) a round and stage, 60 rounds; the thread is given up between them.
 *
 * @example await followPlane([before, after], { dim: 3, places: [0, 1], leading: 100 })
 */
export async function followPlane(
  stages: readonly Float64Array[],
  { dim, places, leading }: FollowOptions,
): Promise<SeenStage[]> {
  const seen: SeenStage[] = [];
  for (const [i, values] of stages.entries()) {
    if (dim === 2 || i === 0) seen.push(inPlaces(values, dim, places));
    else {
      const { mean, plane, share } = await widestPlane(values.subarray(0, leading * dim), dim);
      const flat = project(values, dim, mean, plane);
      turnTowards(flat, seen[i - 1].values, leading);
      centre(flat, leading);
      seen.push({ values: flat, seen: share });
    }
  }
  return seen;
}

const inPlaces = (values: Float64Array, dim: number, places: readonly [number, number]): SeenStage => ({
  values: Float64Array.from(
    { length: (2 * values.length) / dim },
    (_, i) => values[Math.floor(i / 2) * dim + places[i % 2]],
  ),
  seen: 1,
});

/** The mean, the first two principal directions, [2, dim], and their share of the variance: by subspace iteration. */
async function widestPlane(points: Float64Array, dim: number) {
  const count = points.length / dim;
  const mean = new Float64Array(dim);
  for (let i = 0; i < points.length; i++) mean[i % dim] += points[i] / count;
  const centred = points.map((value, i) => value - mean[i % dim]);
  const total = centred.reduce((sum, value) => sum + value * value, 0);
  // Any start will do that is not orthogonal to the plane; the columns of largest variance are not.
  const variances = new Float64Array(dim);
  for (let i = 0; i < centred.length; i++) variances[i % dim] += centred[i] ** 2;
  const [first, second] = Array.from(variances.keys()).sort((a, b) => variances[b] - variances[a]);
  const plane = new Float64Array(2 * dim);
  plane[first] = 1;
  plane[dim + second] = 1;
  let inside = 0;
  for (let round = 0; round < rounds; round++) {
    await breathe();
    const flat = project(centred, dim, undefined, plane);
    inside = flat.reduce((sum, value) => sum + value * value, 0);
    const next = new Float64Array(2 * dim);
    for (let i = 0; i < count; i++)
      for (let k = 0; k < dim; k++) {
        next[k] += flat[2 * i] * centred[i * dim + k];
        next[dim + k] += flat[2 * i + 1] * centred[i * dim + k];
      }
    if (!orthonormalize(next, dim)) break;
    plane.set(next);
  }
  return { mean, plane, share: total > 0 ? Math.min(1, inside / total) : 1 };
}

/** Gram and Schmidt on two rows, in place; false where they span no plane. */
function orthonormalize(plane: Float64Array, dim: number): boolean {
  const [a, b] = [plane.subarray(0, dim), plane.subarray(dim)];
  const before = lengthOf(b);
  if (!divide(a, lengthOf(a))) return false;
  // Twice: the first pass leaves what rounding has left.
  for (let pass = 0; pass < 2; pass++) {
    const along = a.reduce((sum, value, k) => sum + value * b[k], 0);
    for (let k = 0; k < dim; k++) b[k] -= along * a[k];
  }
  return lengthOf(b) > 1e-12 * before && divide(b, lengthOf(b));
}

const lengthOf = (v: Float64Array) => Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));

/** Divides a vector by its length, if it has one. */
function divide(v: Float64Array, length: number): boolean {
  for (let k = 0; k < v.length; k++) v[k] /= length;
  return length > 0 && Number.isFinite(length);
}

/** Row-major [n, 2]. */
function project(
  values: Float64Array,
  dim: number,
  mean: Float64Array | undefined,
  plane: Float64Array,
): Float64Array {
  const flat = new Float64Array((2 * values.length) / dim);
  for (let i = 0; i < values.length; i++) {
    const k = i % dim;
    const value = values[i] - (mean ? mean[k] : 0);
    const at = 2 * Math.floor(i / dim);
    flat[at] += value * plane[k];
    flat[at + 1] += value * plane[dim + k];
  }
  return flat;
}

/**
 * Turns or mirrors points of the plane, in place, so that the leading ones come closest to others: of M = Σ aᵀ b the
 * orthogonal polar factor, in closed form for 2 × 2.
 *
 * @see Gower and Dijksterhuis, "Procrustes problems", 2004, ch. 4
 */
function turnTowards(points: Float64Array, others: Float64Array, leading: number): void {
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let i = 0; i < 2 * leading; i += 2) {
    xx += points[i] * others[i];
    xy += points[i] * others[i + 1];
    yx += points[i + 1] * others[i];
    yy += points[i + 1] * others[i + 1];
  }
  // Of rotations the best gains hypot(xx + yy, xy − yx), of mirrorings hypot(xx − yy, xy + yx).
  const [turn, mirror] = [Math.hypot(xx + yy, xy - yx), Math.hypot(xx - yy, xy + yx)];
  if (!(Math.max(turn, mirror) > 0)) return;
  const isTurn = turn >= mirror;
  const [c, s] = isTurn ? [(xx + yy) / turn, (xy - yx) / turn] : [(xx - yy) / mirror, (xy + yx) / mirror];
  for (let i = 0; i < points.length; i += 2) {
    const [u, v] = [points[i], points[i + 1]];
    points[i] = isTurn ? c * u - s * v : c * u + s * v;
    points[i + 1] = isTurn ? s * u + c * v : s * u - c * v;
  }
}

/** Moves points of the plane, in place, so that those behind the leading ones have mean 0. */
function centre(points: Float64Array, leading: number): void {
  const count = points.length / 2 - leading;
  if (count === 0) return;
  const mean = [0, 0];
  for (let i = 2 * leading; i < points.length; i++) mean[i % 2] += points[i] / count;
  for (let i = 0; i < points.length; i++) points[i] -= mean[i % 2];
}
