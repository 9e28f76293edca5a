// The curves for columns that have bounds or heavy tails: of many columns at once as formulas, of one in numbers.

import {
  add,
  constant,
  div,
  exp,
  expm1,
  greaterOrEqual,
  log,
  log1p,
  mul,
  neg,
  sigmoid,
  sqrt,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";

/**
 * What becomes of a column's values z, in the units that they come in. Every curve is increasing.
 *
 * - identity: y = z
 * - log: y = log(z − bound), for values above a bound
 * - log-below: y = −log(bound − z), for values below one
 * - logit: y = log(z − lower) − log(upper − z), for values between two
 * - asinh: y = asinh(z / width), for tails that are heavy on both sides
 */
export type ColumnTransform =
  | { readonly type: "identity" }
  | { readonly type: "log"; readonly bound: number }
  | { readonly type: "log-below"; readonly bound: number }
  | { readonly type: "logit"; readonly lower: number; readonly upper: number }
  | { readonly type: "asinh"; readonly width: number };

export type CurveType = Exclude<ColumnTransform["type"], "identity">;

/** One curve a column, element by element. */
export interface Curve {
  /** f(z) and log f′(z). */
  at(z: Tensor): { y: Tensor; logSlope: Tensor };
  inverse(y: Tensor): Tensor;
  /** Places where the curves are defined, [D]. */
  readonly defined: Tensor;
}

/** The curve of each column that has one of this type; columns of other types get one that is never looked at. */
export const curves: Readonly<Record<CurveType, (transforms: readonly ColumnTransform[]) => Curve>> = {
  log(transforms) {
    const bound = numbers(transforms, (transform) => (transform.type === "log" ? transform.bound : 0));
    return {
      at(z) {
        const y = log(sub(z, bound));
        return { y, logSlope: neg(y) };
      },
      inverse: (y) => add(bound, exp(y)),
      defined: add(bound, 1),
    };
  },
  "log-below"(transforms) {
    const bound = numbers(transforms, (transform) => (transform.type === "log-below" ? transform.bound : 0));
    return {
      at(z) {
        const y = neg(log(sub(bound, z)));
        return { y, logSlope: y };
      },
      inverse: (y) => sub(bound, exp(neg(y))),
      defined: sub(bound, 1),
    };
  },
  logit(transforms) {
    const lower = numbers(transforms, (transform) => (transform.type === "logit" ? transform.lower : 0));
    const upper = numbers(transforms, (transform) => (transform.type === "logit" ? transform.upper : 1));
    const width = sub(upper, lower);
    return {
      at(z) {
        const [above, below] = [log(sub(z, lower)), log(sub(upper, z))];
        return { y: sub(above, below), logSlope: sub(log(width), add(above, below)) };
      },
      // From the nearer end, where the distance has more digits than the place.
      inverse: (y) =>
        where(
          greaterOrEqual(y, 0),
          sub(upper, mul(width, sigmoid(neg(y)))),
          add(lower, mul(width, sigmoid(y))),
        ),
      defined: mul(0.5, add(lower, upper)),
    };
  },
  asinh(transforms) {
    const width = numbers(transforms, (transform) => (transform.type === "asinh" ? transform.width : 1));
    const sides = (x: Tensor) => where(greaterOrEqual(x, 0), constant(1), constant(-1));
    return {
      at(z) {
        const side = sides(z);
        const q = div(mul(side, z), width);
        const root = sqrt(add(1, mul(q, q)));
        return {
          y: mul(side, log1p(add(q, div(mul(q, q), add(1, root))))),
          logSlope: neg(log(mul(width, root))),
        };
      },
      inverse(y) {
        const side = sides(y);
        const grown = expm1(mul(side, y));
        return mul(mul(side, mul(0.5, width)), add(grown, div(grown, add(grown, 1))));
      },
      defined: mul(0, width),
    };
  },
};

const numbers = (transforms: readonly ColumnTransform[], read: (transform: ColumnTransform) => number) =>
  constant(transforms.map(read));

/** One column's curve: f(z) and f′(z). */
export function curveAt(transform: ColumnTransform, z: number): { y: number; slope: number } {
  switch (transform.type) {
    case "identity":
      return { y: z, slope: 1 };
    case "log":
      return { y: Math.log(z - transform.bound), slope: 1 / (z - transform.bound) };
    case "log-below":
      return { y: -Math.log(transform.bound - z), slope: 1 / (transform.bound - z) };
    case "logit": {
      const [above, below] = [z - transform.lower, transform.upper - z];
      return { y: Math.log(above / below), slope: 1 / above + 1 / below };
    }
    case "asinh":
      return { y: Math.asinh(z / transform.width), slope: 1 / Math.hypot(z, transform.width) };
  }
}

/** Towards a bound the curve ends at this share of the closest value's distance, away from it at so many times the farthest's. */
const closest = 0.25;
const farthest = 1000;
/** A distance below this share of its bound is none in float32. */
const resolution = 4e-6;

/** Where one column's curve ends and straight lines begin, so that the curve has all of some values within. */
export function curveInterval(
  transform: ColumnTransform,
  values: ArrayLike<number>,
): readonly [low: number, high: number] {
  const distances = (distance: (value: number) => number, bound: number) => {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (let i = 0; i < values.length; i++) {
      const d = distance(values[i]);
      if (d > 0) least = Math.min(least, d);
      most = Math.max(most, d);
    }
    if (most === 0) [least, most] = [1, 1];
    return [Math.max(closest * least, resolution * Math.abs(bound)), farthest * most];
  };
  switch (transform.type) {
    case "identity":
      return [-1, 1];
    case "log": {
      const { bound } = transform;
      const [near, far] = distances((value) => value - bound, bound);
      return [bound + near, bound + far];
    }
    case "log-below": {
      const { bound } = transform;
      const [near, far] = distances((value) => bound - value, bound);
      return [bound - far, bound - near];
    }
    case "logit": {
      const { lower, upper } = transform;
      const within = (value: number) => value > lower && value < upper;
      const most = 0.25 * (upper - lower);
      const [above] = distances((value) => (within(value) ? value - lower : 0), lower);
      const [below] = distances((value) => (within(value) ? upper - value : 0), upper);
      return [lower + Math.min(above, most), upper - Math.min(below, most)];
    }
    case "asinh": {
      const [, far] = distances((value) => Math.abs(value), 0);
      return [-Math.max(far, transform.width), Math.max(far, transform.width)];
    }
  }
}
