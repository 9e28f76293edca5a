// A learned monotone curve a column, made of smooth steps on a straight line.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import {
  add,
  div,
  log,
  maximum,
  minimum,
  mul,
  neg,
  parameter,
  reshape,
  sigmoid,
  softplus,
  sub,
  sum,
  type Tensor,
  tanh,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
import { quantileKnots } from "./quantile-knots.js";
import { rawPositive } from "./raw-positive.js";

export interface SumOfTanhOptions {
  /** Number of columns, D. */
  dim: number;
  /** Steps a column, K. */
  units?: number;
  /** Standardised rows, row-major [rows, D]: the curves then start by bringing each column near a normal. */
  sample?: Float32Array | Float64Array;
  /** Draws the noise on the steps' first places. */
  random?: Random;
}

/** The slope far out never falls below this: the inverse stays tame. */
const smallest = 1e-3;
/** How much of the smallest slope wanted at the start is left to the straight line. */
const straightShare = 0.8;
/** Steps of the inverse: two more than half a million curves and values needed, with up to 20 units and |y| <= 1e4. */
const steps = 22;
/** What the inverse's bracket is widened by. */
const wider = 1.01;
/** Noise on the steps' first places, so that no two columns start alike. */
const placeNoise = 0.05;

/**
 * A straight line and K smooth steps, learned for each column.
 *
 *   y = a x + Σ_j b_j tanh(c_j x + d_j),   log|dy/dx| = log(a + Σ_j b_j c_j sech²(c_j x + d_j)),   a, b, c > 0
 *
 * x, y: [batch, D]; logDet: [batch], nats. Cost O(batch · D · K). a = 0.001 + softplus(slope), slope [D]; b and c are
 * the softplus of `height` and `steepness`, d is `shift`, each [D, K]. It starts with a slope near 1, or, given a
 * sample, with the slopes that send its quantiles to a normal's, up to a shift. The inverse is found by guarded Newton
 * steps.
 *
 * @throws LogdetError "usage" if units is not a whole number from 1.
 * @example const curves = sumOfTanh({ dim: 8, units: 5, random: new Random(1) })
 */
export function sumOfTanh({ dim, units = 5, sample, random = new Random(0) }: SumOfTanhOptions): Bijection {
  if (!Number.isInteger(units) || units < 1)
    throw new LogdetError("usage", `sum of tanh: units must be a whole number from 1, got ${units}`);
  const starts = Array.from({ length: dim }, (_, column) => {
    const noise = Float64Array.from({ length: units }, () => placeNoise * random.normal());
    return firstSteps(sample ? columnTargets(sample, dim, column, units) : evenTargets(units, noise));
  });
  const table = (read: (start: Start, j: number) => number) =>
    parameter(
      [dim, units],
      Float64Array.from({ length: dim * units }, (_, i) => read(starts[Math.floor(i / units)], i % units)),
    );
  const slope = parameter(
    [dim],
    starts.map((start) => rawPositive(start.slope - smallest)),
  );
  const height = table((start, j) => rawPositive(start.height[j]));
  const steepness = table((start, j) => rawPositive(start.steepness[j]));
  const shift = table((start, j) => -start.steepness[j] * start.place[j]);

  const a = add(softplus(slope), smallest);
  const b = softplus(height);
  const c = softplus(steepness);
  const curve: MonotoneFunction = (x) => {
    const inner = add(mul(reshape(x, ["batch", dim, 1]), c), shift);
    // sech²(u) = 4 sigmoid(2u) sigmoid(−2u): unlike 1 − tanh², exact far out, where a small a must not drown.
    const bell = mul(sigmoid(mul(2, inner)), sigmoid(mul(-2, inner)));
    return {
      y: add(mul(a, x), sum(mul(b, tanh(inner)), 2)),
      derivative: add(a, sum(mul(mul(4, mul(b, c)), bell), 2)),
    };
  };
  const logDet = (derivative: Tensor) => sum(log(derivative), 1);

  const solve = (y: Tensor): Tensor => {
    // f(x) lies within Σ b of a x, and within the cone of slopes a and a + Σ b c about f(0). All a little wider, or
    // rounding would put roots that lie on a bound, where every tanh is flat, outside.
    const most = mul(wider, sum(b, 1));
    const risen = sub(y, sum(mul(b, tanh(shift)), 1));
    const steepest = div(risen, mul(wider, add(a, sum(mul(b, c), 1))));
    const flattest = div(mul(wider, risen), a);
    const low = maximum(div(sub(y, most), a), minimum(steepest, flattest));
    const high = minimum(div(add(y, most), a), maximum(steepest, flattest));
    return invertMonotone({ forward: curve, y, low, high, steps, halving: true });
  };

  return {
    dim,
    columnwise: true,
    parameters: { slope, height, steepness, shift },
    forward(x) {
      const { y, derivative } = curve(x);
      return { y, logDet: logDet(derivative) };
    },
    inverse(y) {
      const x = solve(y);
      return { x, logDet: neg(logDet(curve(x).derivative)) };
    },
    config: () => ({ type: "sum-of-tanh", dim, units }),
  };
}

/** How far out the first and the last step would stand, in standard deviations, if there were one more either side. */
const reach = 2.5;

/** Slopes wanted at some places of one column, in ascending order. */
interface Targets {
  readonly place: Float64Array;
  readonly slope: Float64Array;
}

/** One column's line and steps, before they become raw parameters. */
interface Start {
  readonly slope: number;
  readonly place: Float64Array;
  readonly height: Float64Array;
  readonly steepness: Float64Array;
}

function evenTargets(units: number, noise: Float64Array): Targets {
  const place = noise.map((moved, j) => reach * ((2 * (j + 1)) / (units + 1) - 1) + moved);
  return { place, slope: place.map(() => 1) };
}

function columnTargets(
  sample: Float32Array | Float64Array,
  dim: number,
  column: number,
  units: number,
): Targets {
  const values = Float64Array.from({ length: sample.length / dim }, (_, row) => sample[row * dim + column]);
  const [{ x, slope }] = quantileKnots(values, 1, { bins: units + 1, reach, even: true });
  const inner = (knots: ArrayLike<number>) => Float64Array.from({ length: units }, (_, j) => knots[j + 1]);
  return { place: inner(x), slope: inner(slope) };
}

/** A step at every place, as wide as the way to its neighbours, and heights that bring the slopes near those wanted. */
function firstSteps({ place, slope }: Targets): Start {
  const line = Math.max(straightShare * Math.min(...slope), 2 * smallest);
  const last = place.length - 1;
  const steepness = place.map((at, j) => {
    const [from, to] = [Math.max(j - 1, 0), Math.min(j + 1, last)];
    return to > from ? (to - from) / Math.max(place[to] - place[from], 1e-3) : 1 / (1 + Math.abs(at));
  });
  const bell = (i: number, j: number) => steepness[j] / Math.cosh(steepness[j] * (place[i] - place[j])) ** 2;
  const wanted = slope.map((value) => Math.max(value - line, 1e-6));
  // Non-negative least squares by multiplicative updates (Lee and Seung): heights never leave the positive side.
  let height = place.map((_, j) => wanted[j] / steepness[j]);
  for (let round = 0; round < 50; round++) {
    const made = wanted.map((_, i) => height.reduce((total, h, j) => total + h * bell(i, j), 0));
    const against = (values: Float64Array, j: number) => values.reduce((t, v, i) => t + v * bell(i, j), 0);
    height = height.map((h, j) => (h * against(wanted, j)) / against(made, j));
  }
  return { slope: line, place, height, steepness };
}
