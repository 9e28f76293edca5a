// A map of some columns beside others that it may depend on and that stay as they are.

import { LogdetError } from "../errors.js";
import { concat, slice, type Tensor } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";

export interface BesideOptions {
  /** The map of the first columns. Its context are the columns behind them. */
  inner: Bijection;
  /** How many columns stay as they are. */
  extra: number;
}

/** A map beside columns that stay as they are, which can be taken apart again. */
export interface Beside extends Bijection {
  readonly inner: Bijection;
  readonly extra: number;
}

/**
 * A bijection of the first D of W columns, given the others, which go through unchanged.
 *
 *   y = [f(x; e), e],   log|det ∂y/∂[x, e]| = log|det ∂f/∂x|
 *
 * [x, e]: [batch, W], W = D + extra; logDet: that of f. The others are f's `context`, so that conditional maps within f,
 * however deep in chains, see them. Parameters: those of f. Cost: that of f.
 *
 * @throws LogdetError "usage" if extra is no whole number, 0 or more.
 * @example const layer = beside({ inner: conditionalAffine({ dim: 2, given: 3 }), extra: 3 })
 */
export function beside({ inner, extra }: BesideOptions): Beside {
  if (!(Number.isInteger(extra) && extra >= 0))
    throw new LogdetError("usage", `beside: the other columns must be 0 or more, got ${extra}`);
  const { dim } = inner;
  const split = (row: Tensor) => ({
    own: slice(row, 1, 0, dim),
    others: extra > 0 ? [slice(row, 1, dim)] : [],
  });
  return {
    dim: dim + extra,
    inner,
    extra,
    ...(inner.columnwise && { columnwise: true }),
    parameters: inner.parameters,
    forward(x) {
      const { own, others } = split(x);
      const { y, logDet } = inner.forward(own, ...others);
      return { y: concat([y, ...others], 1), logDet };
    },
    inverse(y) {
      const { own, others } = split(y);
      const { x, logDet } = inner.inverse(own, ...others);
      return { x: concat([x, ...others], 1), logDet };
    },
    config: () => ({ type: "beside", inner: inner.config(), extra }),
  };
}
