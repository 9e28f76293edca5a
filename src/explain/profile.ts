// The density along one column of a row, all other columns held: what the rest of the row lets expect there.

import type { ColumnConfig } from "../model/index.js";
import type { Question } from "./method.js";

/** A column of a row. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** log p(x) of a row at several values of one column. */
export interface Profile {
  readonly column: ColumnConfig;
  /** The row's own value and its log-density. */
  readonly observed: { readonly value: number; readonly logProb: number };
  /** Ascending, the observed value among them. */
  readonly values: Float64Array;
  /** Nats, one a value. */
  readonly logProb: Float64Array;
  /** Whether these are all values that there are: categories, or the points of a short lattice. */
  readonly exact: boolean;
}

/** A lattice of no more points than this is looked at point by point. */
const mostPoints = 64;
/** Rounds after the first look, and the quantiles of the curve so far at which each looks. */
const rounds = 3;
const quantilesPerRound = 20;
/** Values that go through the model at once. */
const batchRows = 8192;

/**
 * The profiles of some places.
 *
 * Categories, and lattices of up to 64 points, are looked at one by one. Other columns are looked at in at most 122
 * values: first at quantiles of the model's draws, even steps over the data's range and four steps into each tail; then,
 * three times, around the peak and at quantiles of the curve so far, which is taken to be exponential between neighbours.
 * So the points gather where the mass is, however narrow.
 */
export async function profilesOf(question: Question, places: readonly Place[]): Promise<Profile[]> {
  const { model, rows, logProb, background } = question;
  const dim = model.columns.length;
  const curves = places.map(({ row, column }) => {
    const value = rows[row * dim + column];
    return new Curve(row, column, model.columns[column], { value, logProb: logProb[row] });
  });
  for (const curve of curves) curve.start(background.sorted[curve.position]);
  for (let round = 0; ; round++) {
    await lookUp(question, curves);
    if (round === rounds) break;
    for (const curve of curves) curve.refine(round);
  }
  return curves.map((curve) => curve.profile());
}

/** Fills in the log-densities that are wanted. */
async function lookUp({ model, rows }: Question, curves: readonly Curve[]): Promise<void> {
  const dim = model.columns.length;
  const wanted = curves.flatMap((curve) => curve.wanted.map((value) => ({ curve, value })));
  for (const curve of curves) curve.wanted = [];
  for (let start = 0; start < wanted.length; start += batchRows) {
    const some = wanted.slice(start, start + batchRows);
    const batch = new Float64Array(some.length * dim);
    for (const [i, { curve, value }] of some.entries()) {
      batch.set(rows.subarray(curve.row * dim, (curve.row + 1) * dim), i * dim);
      batch[i * dim + curve.position] = value;
    }
    const found = await model.logProb(batch);
    for (const [i, { curve, value }] of some.entries()) curve.known.set(value, found[i]);
  }
}

/** A profile that is being made. */
class Curve {
  readonly row: number;
  readonly position: number;
  readonly column: ColumnConfig;
  readonly observed: Profile["observed"];
  readonly known: Map<number, number>;
  wanted: number[] = [];
  #exact = false;

  constructor(row: number, position: number, column: ColumnConfig, observed: Profile["observed"]) {
    this.row = row;
    this.position = position;
    this.column = column;
    this.observed = observed;
    this.known = new Map(Number.isNaN(observed.value) ? [] : [[observed.value, observed.logProb]]);
  }

  /** @param draws of the column, ascending */
  start(draws: Float64Array): void {
    const { kind, categories = [], minimum, maximum, scale, lattice, quantum = 0 } = this.column;
    const points = lattice ? Math.round((maximum - minimum) / quantum) + 1 : Number.POSITIVE_INFINITY;
    if (kind === "categorical" || points <= mostPoints) {
      this.#exact = true;
      const count = kind === "categorical" ? categories.length : points;
      this.#want(
        Array.from({ length: count }, (_, k) => (kind === "categorical" ? k : minimum + k * quantum)),
      );
      return;
    }
    const reach = maximum - minimum || scale;
    const quantiles = Array.from({ length: 17 }, (_, k) => draws[Math.round((k / 16) * (draws.length - 1))]);
    this.#want([
      ...quantiles.filter((value) => value !== undefined),
      ...Array.from({ length: 9 }, (_, k) => minimum + (k / 8) * reach),
      ...[0.05, 0.2, 0.6, 2].flatMap((far) => [minimum - far * reach, maximum + far * reach]),
    ]);
  }

  /** Wants values where the mass is: around the highest point as if it were a Gaussian's, and by the curve so far. */
  refine(round: number): void {
    if (this.#exact) return;
    const { values, logProb } = this.profile();
    this.#want([...aroundPeak(values, logProb, round), ...quantilesOf(values, logProb)]);
  }

  profile(): Profile {
    const values = Float64Array.from(this.known.keys()).sort();
    const logProb = values.map((value) => this.known.get(value) as number);
    return { column: this.column, observed: this.observed, values, logProb, exact: this.#exact };
  }

  #want(values: readonly number[]): void {
    const onLattice = new Set(values.map((value) => nearestPoint(value, this.column)));
    this.wanted = [...onLattice].filter((value) => Number.isFinite(value) && !this.known.has(value));
  }
}

/** Steps away from the peak on either side, in standard deviations. */
const peakSteps = [0, 1, 2, 3.5, 5];
/** Of what they were the round before: so that a peak that was found at once is looked at in other places. */
const narrowing = 0.85;

/** Values around the vertex of the parabola through the highest point and its neighbours, in its standard deviations. */
function aroundPeak(values: Float64Array, logProb: Float64Array, round: number): number[] {
  let best = 1;
  for (let i = 1; i + 1 < values.length; i++) if (logProb[i] > logProb[best]) best = i;
  const [left, right] = [values[best - 1] - values[best], values[best + 1] - values[best]];
  const below = (logProb[best - 1] - logProb[best]) / left;
  const above = (logProb[best + 1] - logProb[best]) / right;
  const curvature = (2 * (above - below)) / (right - left);
  if (!(curvature < 0)) return [];
  const slope = below - (curvature / 2) * left;
  const vertex = values[best] + Math.min(right, Math.max(left, -slope / curvature));
  const deviation = narrowing ** round * Math.min(right - left, 1 / Math.sqrt(-curvature));
  return peakSteps.flatMap((step) => [vertex - step * deviation, vertex + step * deviation]);
}

/** Quantiles of the density's cube root, which spreads more into the tails than the density. */
function quantilesOf(values: Float64Array, logProb: Float64Array): number[] {
  const root = logProb.map((value) => value / 3);
  const masses = cellMasses(values, root);
  const total = logSumExp(masses);
  const quantiles: number[] = [];
  let [cell, below] = [0, 0];
  for (let k = 0; k < quantilesPerRound; k++) {
    const target = (k + 0.5) / quantilesPerRound;
    let mass = Math.exp(masses[cell] - total);
    while (below + mass < target && cell < masses.length - 1) {
      below += mass;
      mass = Math.exp(masses[++cell] - total);
    }
    const share = Math.min(1, Math.max(0, mass > 0 ? (target - below) / mass : 0.5));
    const inside = insideCell(share, root[cell + 1] - root[cell]);
    quantiles.push(values[cell] + inside * (values[cell + 1] - values[cell]));
  }
  return quantiles;
}

/** The point of a column's lattice that is nearest; the value itself where there is no lattice. */
export function nearestPoint(value: number, { lattice, quantum, minimum }: ColumnConfig): number {
  if (!lattice || quantum === undefined) return value;
  return Number((minimum + Math.round((value - minimum) / quantum) * quantum).toFixed(9)) + 0;
}

/**
 * The log of the mass between neighbouring values, where the density is exponential between them:
 *
 *   ∫ p = h p_max (1 − e^(−s)) / s,   s = |log p₁ − log p₀|
 */
export function cellMasses(values: Float64Array, logProb: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, values.length - 1) }, (_, i) =>
    cellMass(values[i + 1] - values[i], logProb[i], logProb[i + 1]),
  );
}

export function cellMass(width: number, from: number, to: number): number {
  const s = Math.abs(to - from);
  const shape = s < 1e-6 ? 1 - s / 2 : -Math.expm1(-s) / s;
  return Math.log(width) + Math.max(from, to) + Math.log(shape);
}

/** Where, from 0 to 1, an exponential of that slope has a share of its mass below. */
function insideCell(share: number, slope: number): number {
  if (Math.abs(slope) < 1e-6) return share;
  // The formula for falling densities is the one that does not overflow.
  if (slope > 0) return 1 - insideCell(1 - share, -slope);
  return Math.log1p(share * Math.expm1(slope)) / slope;
}

export function logSumExp(values: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.exp(values[i] - most);
  return most + Math.log(total);
}
