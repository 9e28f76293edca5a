// Columns to a common centre and scale, by numbers that are fixed when the bijection is made.

import { LogdetError } from "../errors.js";
import { abs, add, div, type InitialValues, log, mul, neg, parameter, sub, sum } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";

export interface StandardizationOptions {
  /** Number of columns, D. */
  dim: number;
  /** What becomes 0, one number a column, in its units. */
  center: InitialValues;
  /** The distance that becomes 1, one number a column, in its units; not 0. */
  scale: InitialValues;
}

/**
 * Each column shifted and scaled by fixed numbers, which are saved with the model but not trained.
 *
 *   y = (x − center) / scale,   log|det dy/dx| = −Σ log|scale|
 *
 * x, y: [batch, D]; logDet: a scalar in nats.
 *
 * @throws LogdetError "numeric" if a centre is not finite, or a scale is 0 or not finite; "shape" if their number
 * is not `dim`.
 * @example const layer = standardization({ dim: 2, center: [10, -3], scale: [2, 0.5] })
 */
export function standardization({ dim, center, scale }: StandardizationOptions): Bijection {
  for (let i = 0; i < dim; i++)
    if (!Number.isFinite(center[i]) || !Number.isFinite(scale[i]) || scale[i] === 0)
      throw new LogdetError("numeric", `cannot standardize by center ${center[i]} and scale ${scale[i]}`, {
        where: [`column ${i + 1}`],
        hint: "leave constant columns out",
      });
  const parameters = {
    center: parameter([dim], center, { trainable: false }),
    scale: parameter([dim], scale, { trainable: false }),
  };
  const logScale = sum(log(abs(parameters.scale)));
  return {
    dim,
    columnwise: true,
    parameters,
    forward: (x) => ({ y: div(sub(x, parameters.center), parameters.scale), logDet: neg(logScale) }),
    inverse: (y) => ({ x: add(mul(y, parameters.scale), parameters.center), logDet: logScale }),
    config: () => ({ type: "standardization", dim }),
  };
}
