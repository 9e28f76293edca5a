// A network of one hidden layer that increases because its weights are positive; it maps the line onto an interval.

import { Random } from "../random/index.js";
import {
  add,
  div,
  log,
  max,
  min,
  mul,
  neg,
  type Parameter,
  parameter,
  reshape,
  sigmoid,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
import { columnByColumn, hiddenUnits, type MonotoneNetworkOptions } from "./hidden-units.js";

/** Projected weights are at least this, or a unit could never come back. */
const smallest = 1e-6;
/** Steps of the inverse: guarded by halving, they come to rounding for the networks tested. */
const steps = 24;

/** A bijection that stays one only if its weights are moved back after every step. */
export interface ConstrainedNetwork extends Bijection {
  /** The parameters that must stay positive. */
  readonly positive: readonly Parameter[];
}

/**
 * The constrained flow of Shah et al.: increasing in x_j because a and w are positive.
 *
 *   y_j = τ Σ_r a_jr tanh(w_jr x_j + b_jr + Σ_{i<j} u_ijr x_i),   log|det| = Σ_j log(τ Σ_r a_jr w_jr sech²(…))
 *
 * x, y: [batch, D]; logDet: [batch], nats. Cost O(batch · D · m), for D > 1 O(batch · D² · m). Nothing in the formula
 * keeps a (`height`, [D, m]) and w (`weight`, [D, m]) positive: `project` does, after every step. Each column's image is
 * the open interval ±τ Σ a, so a density on the line loses what lies beyond: it integrates to less than one, and its
 * likelihood can only be too low. The inverse is NaN there. Default τ: 1/√m, with which the first map does not depend
 * on the width.
 *
 * @throws LogdetError "usage" if dim or width is not a whole number from 1.
 * @see Shah, Deshpande and Goyal, "Learning and generalization in overparameterized normalizing flows", AISTATS 2022
 * @example const network = constrainedNetwork({ dim: 1, width: 64, random: new Random(1) })
 */
export function constrainedNetwork(options: MonotoneNetworkOptions): ConstrainedNetwork {
  const { dim, width, scale = 1 / Math.sqrt(width), random = new Random(0) } = options;
  const { parameters, shift } = hiddenUnits("constrained network", options, { positive: true });
  const { weight } = parameters;
  const heights = random.split("height").fillNormal(new Float64Array(dim * width));
  const height = parameter([dim, width], heights.map(Math.abs));

  /** The map of columns from … to − 1, given the units' shifts: [batch, n] -> [batch, n]. */
  const columns = (shifts: Tensor, from: number, to: number) => {
    const of = (table: Parameter) => reshape(slice(table, 0, from, to), [1, to - from, width]);
    const [w, a, s] = [of(weight), mul(scale, of(height)), slice(shifts, 1, from, to)];
    const curve: MonotoneFunction = (x) => {
      const inner = add(mul(reshape(x, ["batch", to - from, 1]), w), s);
      // sech²(u) = 4 sigmoid(2u) sigmoid(−2u): unlike 1 − tanh², exact far out.
      const bell = mul(4, mul(sigmoid(mul(2, inner)), sigmoid(mul(-2, inner))));
      return { y: sum(mul(a, tanh(inner)), 2), derivative: sum(mul(mul(a, w), bell), 2) };
    };
    return { w, a, s, curve };
  };

  const solve = (y: Tensor, j: number, known: Tensor): Tensor => {
    const { w, a, s, curve } = columns(shift(known), j, j + 1);
    // y / Σ a is a weighted mean of tanh's: some unit has not reached it, some has passed it.
    const share = div(y, sum(a, 2));
    const level = mul(0.5, sub(log(add(1, share)), log(sub(1, share))));
    const reached = div(sub(reshape(level, ["batch", 1, 1]), s), w);
    return invertMonotone({
      forward: curve,
      y,
      low: min(reached, 2),
      high: max(reached, 2),
      steps,
      halving: true,
    });
  };

  const forward = (x: Tensor) => {
    const { y, derivative } = columns(shift(x), 0, dim).curve(x);
    return { y, logDet: sum(log(derivative), 1) };
  };
  return {
    dim,
    parameters: { ...parameters, height },
    positive: [weight, height],
    forward,
    inverse(y) {
      const x = columnByColumn(y, dim, solve);
      return { x, logDet: neg(forward(x).logDet) };
    },
    config: () => ({ type: "constrained-network", dim, width, scale }),
  };
}

/** Moves weights that left the positive numbers back to their edge: the projection of projected gradient descent. */
export function project<T extends Float32Array | Float64Array>(values: T): T {
  for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i], smallest);
  return values;
}
