// A column's values as normal scores: the increasing map under which they would look standard normal, and its inverse.

import { LogdetError } from "../errors.js";

/** Where a column's values can be: beyond a bound there are none. */
export interface Support {
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
}

/** Plain numbers: what is saved. */
export interface NormalScoresState extends Support {
  /** Scores of the knots, increasing; at least two. */
  readonly scores: readonly number[];
  /** The values there, increasing, inside of the bounds. */
  readonly values: readonly number[];
}

/** Knots never exceed this number, however many values there are. */
const MOST_KNOTS = 256;

/** The outermost knots have this many values beyond them. */
const VALUES_BEYOND = 4;

/** Neighbouring knots are at least this share of all knots' range apart: repeated values would have no density. */
const CLOSEST = 1e-6;

/** Slope of the tails, as a share of the mean slope, at least. */
const FLATTEST = 0.05;

/**
 * The increasing map x = Q(g) from a standard normal g to a column: linear between knots, at quantiles of the column's
 * values. So a normal column is normal again whatever the knots, and the density of any other is its quantiles' own.
 *
 *   log p(x) = log φ(g) − log Q'(g),   g = Q^{-1}(x)
 *
 * Beyond the knots Q goes on as a line, or, towards a bound, as an exponential that never reaches it: each value of the
 * support has a finite density. Cost: O(log knots) a value.
 *
 * @see Liu, Lafferty and Wasserman, "The nonparanormal", JMLR 2009: a Gaussian copula with free margins
 * @example const scores = NormalScores.fit(Float64Array.of(0.1, 0.5, 2, 9), { lower: 0 })
 */
export class NormalScores {
  readonly #scores: Float64Array;
  readonly #values: Float64Array;
  readonly #lower: number;
  readonly #upper: number;
  /** Slopes of Q at the ends. */
  readonly #first: number;
  readonly #last: number;

  constructor({ scores, values, lower = -Infinity, upper = Infinity }: NormalScoresState) {
    const increases = (numbers: readonly number[]) => numbers.every((x, i) => i === 0 || x > numbers[i - 1]);
    const n = scores.length;
    if (n < 2 || values.length !== n || !increases([...scores]) || !increases([lower, ...values, upper]))
      throw new LogdetError("model", "the knots of a column's normal scores do not increase");
    this.#scores = Float64Array.from(scores);
    this.#values = Float64Array.from(values);
    this.#lower = lower;
    this.#upper = upper;
    const flattest = (FLATTEST * (values[n - 1] - values[0])) / (scores[n - 1] - scores[0]);
    // Towards a bound a tail decays no faster than e^g: its values must stay apart from the bound in float32.
    this.#first = Math.min(Math.max(flattest, this.#slope(1)), values[0] - lower);
    this.#last = Math.min(Math.max(flattest, this.#slope(n - 1)), upper - values[n - 1]);
  }

  /**
   * About 2 n^{2/5} knots, evenly spaced in their scores, as far out as some values lie beyond.
   *
   * @param values ascending, finite, inside of the bounds; with fewer than two distinct ones the map is a shift
   */
  static fit(values: Float64Array, { lower, upper }: Support = {}): NormalScores {
    const n = values.length;
    const bounds = { ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) };
    let reach = 0.5;
    while (n * normalCdf(-reach - 0.05) >= VALUES_BEYOND) reach += 0.05;
    const intervals = Math.min(MOST_KNOTS - 1, Math.max(2, Math.ceil(2 * n ** 0.4)));
    const knots: { score: number; value: number }[] = [];
    for (let k = 0; k <= intervals; k++) {
      const score = reach * ((2 * k) / intervals - 1);
      const value = quantile(values, normalCdf(score));
      const closest = CLOSEST * (values[n - 1] - values[0]);
      if (k === 0 || value > knots[knots.length - 1].value + closest) knots.push({ score, value });
    }
    if (knots.length < 2) {
      const center = n > 0 ? values[0] : 0;
      const room = Math.min(1, (center - (lower ?? -Infinity)) / 2, ((upper ?? Infinity) - center) / 2);
      return new NormalScores({ scores: [-1, 1], values: [center - room, center + room], ...bounds });
    }
    return new NormalScores({
      scores: knots.map(({ score }) => score),
      values: knots.map(({ value }) => value),
      ...bounds,
    });
  }

  /** Beyond ± this the map is a guess. */
  get reach(): number {
    return Math.max(-this.#scores[0], this.#scores[this.#scores.length - 1]);
  }

  /** g = Q^{-1}(x); ∓Infinity at and beyond a bound. */
  score(x: number): number {
    const k = place(this.#values, x);
    if (k === 0) {
      const [g, edge, slope, room] = [
        this.#scores[0],
        this.#values[0],
        this.#first,
        this.#values[0] - this.#lower,
      ];
      if (room === Infinity) return g + (x - edge) / slope;
      return x > this.#lower ? g + (room / slope) * Math.log((x - this.#lower) / room) : -Infinity;
    }
    const n = this.#scores.length;
    if (k === n) {
      const [g, edge, slope] = [this.#scores[n - 1], this.#values[n - 1], this.#last];
      const room = this.#upper - edge;
      if (room === Infinity) return g + (x - edge) / slope;
      return x < this.#upper ? g - (room / slope) * Math.log((this.#upper - x) / room) : Infinity;
    }
    return this.#scores[k - 1] + (x - this.#values[k - 1]) / this.#slope(k);
  }

  /** x = Q(g). */
  value(g: number): number {
    const k = place(this.#scores, g);
    if (k === 0) {
      const [edge, rise] = [this.#values[0], this.#first * (g - this.#scores[0])];
      const room = edge - this.#lower;
      return room === Infinity ? edge + rise : this.#lower + room * Math.exp(rise / room);
    }
    const n = this.#scores.length;
    if (k === n) {
      const [edge, rise] = [this.#values[n - 1], this.#last * (g - this.#scores[n - 1])];
      const room = this.#upper - edge;
      return room === Infinity ? edge + rise : this.#upper - room * Math.exp(-rise / room);
    }
    return this.#values[k - 1] + (g - this.#scores[k - 1]) * this.#slope(k);
  }

  /** log Q'(g). */
  logSlope(g: number): number {
    const k = place(this.#scores, g);
    const n = this.#scores.length;
    if (k > 0 && k < n) return Math.log(this.#slope(k));
    const [slope, rise, room] =
      k === 0
        ? [this.#first, this.#first * (g - this.#scores[0]), this.#values[0] - this.#lower]
        : [this.#last, this.#last * (this.#scores[n - 1] - g), this.#upper - this.#values[n - 1]];
    return Math.log(slope) + rise / room;
  }

  state(): NormalScoresState {
    return {
      scores: Array.from(this.#scores),
      values: Array.from(this.#values),
      ...(this.#lower > -Infinity && { lower: this.#lower }),
      ...(this.#upper < Infinity && { upper: this.#upper }),
    };
  }

  /** Between knots k − 1 and k. */
  #slope(k: number): number {
    return (this.#values[k] - this.#values[k - 1]) / (this.#scores[k] - this.#scores[k - 1]);
  }
}

/** How many of some increasing numbers are at most x. */
function place(numbers: Float64Array, x: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value below which a share u of ascending values lies; linear between order statistics. */
function quantile(values: Float64Array, u: number): number {
  const at = Math.min(Math.max(u * values.length - 0.5, 0), values.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, values.length - 1);
  return values[below] + (at - below) * (values[above] - values[below]);
}

/**
 * Φ(x), by a series whose terms have one sign; |x| < 8.
 *
 * @see Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11, 2004
 */
function normalCdf(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; sum + term !== sum; i += 2) sum += term *= (x * x) / i;
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}
