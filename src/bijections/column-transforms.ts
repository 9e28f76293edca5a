// Fixed curves, one a column, for columns that have bounds or heavy tails; then each column's own centre and scale.

import { LogdetError } from "../errors.js";
import {
  add,
  constant,
  div,
  equal,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  type Parameter,
  parameter,
  sub,
  sum,
  type Tensor,
  where,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import {
  type ColumnTransform,
  type Curve,
  type CurveType,
  curveAt,
  curveInterval,
  curves,
} from "./column-curves.js";

export type { ColumnTransform } from "./column-curves.js";

export interface ColumnTransformsOptions {
  /** Number of columns, D. */
  dim: number;
  /** What becomes of each column. */
  transforms: readonly ColumnTransform[];
  /** Rows, row-major [rows, D], that the curves are to have within, and that leave with mean 0 and deviation 1. */
  sample?: ArrayLike<number> | undefined;
}

/**
 * A fixed curve for each column, straight lines beyond it, and then the column's centre and scale.
 *
 *   u = f(c) + f′(c) (x − c), c = clamp(x, low, high);   y = (u − center) / scale
 *   log|det dy/dx| = Σ log f′(c) − log scale
 *
 * x, y: [batch, D]; logDet: [batch], nats. With the lines every number is defined, also beyond a column's bounds: there
 * the lines are steep, so that such values land far out, where the density is tiny, but never NaN. The interval goes
 * from a quarter of the distance that the closest value of the sample has to the bound, to a thousand times that of the
 * farthest (of float32's digits at the bound, if that is more). So a draw may pass a bound, though hardly ever: clamp
 * draws where that must not be. Columns of type "identity" stay as they are.
 *
 * `low`, `high`, `center`, `scale`, [D], are fixed numbers that are saved with the model. Cost O(batch · D) for each type
 * of curve that occurs.
 *
 * @throws LogdetError "usage" if there is not one transform a column, or bounds and widths are no proper ones.
 * @example const front = columnTransforms({ dim: 1, transforms: [{ type: "log", bound: 0 }] })
 */
export function columnTransforms({ dim, transforms, sample }: ColumnTransformsOptions): Bijection {
  check(dim, transforms);
  const places = transforms.map((transform, column) =>
    placeOf(transform, columnOf(sample ?? [], dim, column)),
  );
  const fixed = (read: (place: Place) => number) => parameter([dim], places.map(read), { trainable: false });
  const parameters = {
    low: fixed(({ low }) => low),
    high: fixed(({ high }) => high),
    center: fixed(({ center }) => center),
    scale: fixed(({ scale }) => scale),
  } satisfies Record<string, Parameter>;
  const { low, high, center, scale } = parameters;
  const types = [...new Set(transforms.map(({ type }) => type))].filter((type) => type !== "identity");
  const parts = types.map((type: CurveType) => {
    const isOf = equal(constant(transforms.map((transform) => (transform.type === type ? 1 : 0))), 1);
    return { isOf, ...continued(curves[type](transforms), isOf, low, high) };
  });
  const all = (z: Tensor, map: (part: (typeof parts)[number]) => { value: Tensor; logSlope: Tensor }) =>
    parts.reduce(
      (sofar, part) => {
        const { value, logSlope } = map(part);
        return {
          value: where(part.isOf, value, sofar.value),
          logSlope: where(part.isOf, logSlope, sofar.logSlope),
        };
      },
      { value: z, logSlope: constant(new Float64Array(dim)) as Tensor },
    );
  return {
    dim,
    columnwise: true,
    parameters,
    forward(x) {
      const { value, logSlope } = all(x, ({ forward }) => forward(x));
      return { y: div(sub(value, center), scale), logDet: sum(sub(logSlope, log(scale)), -1) };
    },
    inverse(y) {
      const u = add(mul(y, scale), center);
      const { value, logSlope } = all(u, ({ inverse }) => inverse(u));
      return { x: value, logDet: neg(sum(sub(logSlope, log(scale)), -1)) };
    },
    config: () => ({
      type: "column-transforms",
      dim,
      transforms: transforms.map((transform) => ({ ...transform })),
    }),
  };
}

/** A curve from low to high, with its tangents beyond; columns of other types are kept where nothing can go wrong. */
function continued({ at, inverse, defined }: Curve, isOf: Tensor, low: Tensor, high: Tensor) {
  const [least, most] = [where(isOf, low, defined), where(isOf, high, defined)];
  const [bottom, top] = [at(least).y, at(most).y];
  const clamped = (x: Tensor, from: Tensor, to: Tensor) => minimum(maximum(x, from), to);
  return {
    forward(z: Tensor) {
      const c = clamped(z, least, most);
      const { y, logSlope } = at(c);
      return { value: add(y, mul(exp(logSlope), sub(z, c))), logSlope };
    },
    inverse(u: Tensor) {
      const y = clamped(u, bottom, top);
      const c = inverse(y);
      const { logSlope } = at(clamped(c, least, most));
      return { value: add(c, div(sub(u, y), exp(logSlope))), logSlope };
    },
  };
}

/** The numbers of one column. */
interface Place {
  readonly low: number;
  readonly high: number;
  readonly center: number;
  readonly scale: number;
}

function columnOf(rows: ArrayLike<number>, dim: number, column: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, row) => rows[row * dim + column]);
}

function placeOf(transform: ColumnTransform, values: Float64Array): Place {
  const [low, high] = curveInterval(transform, values);
  if (transform.type === "identity" || values.length === 0) return { low, high, center: 0, scale: 1 };
  const through = values.map((value) => continuedAt(transform, low, high, value));
  const center = through.reduce((total, value) => total + value, 0) / through.length;
  const variance = through.reduce((total, value) => total + (value - center) ** 2, 0) / through.length;
  const scale = Math.sqrt(variance);
  return { low, high, center, scale: scale > 1e-6 ? scale : 1 };
}

function continuedAt(transform: ColumnTransform, low: number, high: number, z: number): number {
  if (transform.type === "identity") return z;
  const c = Math.min(Math.max(z, low), high);
  const { y, slope } = curveAt(transform, c);
  return y + slope * (z - c);
}

/**
 * Rows, row-major [rows, D], sent through the curves, centres and scales that `columnTransforms` makes of these rows.
 *
 * @example const front = quantileKnots(throughTransforms(rows, transforms), 1)
 */
export function throughTransforms(
  rows: ArrayLike<number>,
  transforms: readonly ColumnTransform[],
): Float64Array {
  const dim = transforms.length;
  const places = transforms.map((transform, column) => placeOf(transform, columnOf(rows, dim, column)));
  return Float64Array.from(rows, (value, i) => {
    const { low, high, center, scale } = places[i % dim];
    return (continuedAt(transforms[i % dim], low, high, value) - center) / scale;
  });
}

function check(dim: number, transforms: readonly ColumnTransform[]): void {
  if (transforms.length !== dim)
    throw new LogdetError(
      "usage",
      `there must be one transform a column, got ${transforms.length} for ${dim}`,
    );
  for (const [i, transform] of transforms.entries()) {
    const { type: _, ...options } = transform;
    const areFinite = Object.values(options).every(Number.isFinite);
    const isProper =
      transform.type === "logit"
        ? transform.lower < transform.upper
        : transform.type !== "asinh" || transform.width > 0;
    if (!areFinite || !isProper)
      throw new LogdetError("usage", `this is no proper transform: ${JSON.stringify(transform)}`, {
        where: [`column ${i + 1}`],
        hint: "Bounds must be finite, the lower one below the upper; a width must be positive.",
      });
  }
}
