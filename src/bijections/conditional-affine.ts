// Shift and scale of every column as learned functions of what is given: how a flow depends on categories.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import {
  add,
  exp,
  matmul,
  mul,
  neg,
  type Parameter,
  parameter,
  sub,
  sum,
  type Tensor,
  tanh,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";

export interface ConditionalAffineOptions {
  /** Number of columns, D. */
  dim: number;
  /** Numbers that are given with each row, M: the width of the context. */
  given: number;
  /** Units of a hidden layer, H, for what is given to act together and not only each by itself. Default: 0, none. */
  hidden?: number | undefined;
  /** Where the shifts start that each of the given numbers brings, row-major [M, D]; 0 by default. */
  shift?: Float64Array;
  /** Draws the hidden layer's first weights. */
  random?: Random;
}

/** A column is stretched and squeezed at most e³ ≈ 20 times, so that a rare category cannot run away. */
const bound = 3;
/**
 * Numbers of the tables count a tenth. The optimizer moves all numbers at one rate, and at that rate those of a category
 * with few rows learn these rows by heart: slower tables made held-out rows likelier on small tables and on large.
 */
const pace = 0.1;

/**
 * An affine map of each column that depends on numbers e given with the row.
 *
 *   y = x ⊙ exp(s) + t,   log|det ∂y/∂x| = Σ s
 *   t = (e T + h T') / 10,   s = 3 tanh((e S + h S') / 30),   h = tanh(e V + c)
 *
 * x, y: [batch, D]; context e: [batch, M]; logDet: [batch], nats. For one-hot e the rows of `shift` T and `logScale` S are
 * the categories' own numbers; with several columns of categories they add up, and the hidden layer of H units adds
 * what combinations do. T, S and the hidden layer's outputs start at 0: the identity. Where e is 0, or has a 1 where
 * no row ever had one, T and S stay as they start. Parameters: T and S, [M, D]; with a hidden layer V, [M, H], c, [H],
 * T' and S', [H, D]. Cost O(batch · M · (D + H)).
 *
 * @throws LogdetError "shape" if it is used without a context.
 * @example const layer = beside({ inner: conditionalAffine({ dim: 2, given: 3 }), extra: 3 })
 */
export function conditionalAffine({
  dim,
  given,
  hidden = 0,
  shift,
  random = new Random(0),
}: ConditionalAffineOptions): Bijection {
  const zeros = (rows: number) => parameter([rows, dim], new Float64Array(rows * dim));
  const own = {
    shift: shift
      ? parameter(
          [given, dim],
          shift.map((value) => value / pace),
        )
      : zeros(given),
    logScale: zeros(given),
  };
  const layer = hidden > 0 && {
    hiddenWeight: parameter([given, hidden], random.fillNormal(new Float64Array(given * hidden))),
    hiddenBias: parameter([hidden], random.fillNormal(new Float64Array(hidden), 0.5)),
    hiddenShift: zeros(hidden),
    hiddenLogScale: zeros(hidden),
  };
  const parameters: Readonly<Record<string, Parameter>> = { ...own, ...layer };

  const affine = (e: Tensor | undefined): { s: Tensor; t: Tensor } => {
    if (!e)
      throw new LogdetError("shape", `conditional affine: needs a context of ${given} columns, got none`, {
        hint: "Put it into beside({ inner, extra }), or give forward and inverse their second argument.",
      });
    let t = matmul(e, own.shift);
    let raw = matmul(e, own.logScale);
    if (layer) {
      // No `linear`: that is the operation whose gradient Jacobian estimators replace.
      const h = tanh(add(matmul(e, layer.hiddenWeight), layer.hiddenBias));
      t = add(t, matmul(h, layer.hiddenShift));
      raw = add(raw, matmul(h, layer.hiddenLogScale));
    }
    return { s: mul(bound, tanh(mul(pace / bound, raw))), t: mul(pace, t) };
  };
  return {
    dim,
    parameters,
    forward(x, context) {
      const { s, t } = affine(context);
      return { y: add(mul(x, exp(s)), t), logDet: sum(s, 1) };
    },
    inverse(y, context) {
      const { s, t } = affine(context);
      return { x: mul(sub(y, t), exp(neg(s))), logDet: neg(sum(s, 1)) };
    },
    config: () => ({ type: "conditional-affine", dim, given, ...(hidden > 0 && { hidden }) }),
  };
}
