// A monotone map whose slope is any network made positive, and whose values are found by quadrature.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import {
  add,
  constant,
  exp,
  fullLike,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  type Parameter,
  parameter,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  where,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { clenshawCurtis } from "./clenshaw-curtis.js";
import { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
import { columnByColumn, hiddenUnits, type MonotoneNetworkOptions } from "./hidden-units.js";

export interface UnconstrainedNetworkOptions extends MonotoneNetworkOptions {
  /** The interval that the data lie in. Values are counted from its start. */
  domain?: readonly [from: number, to: number];
  /** Intervals of the quadrature, an even number. */
  intervals?: number;
}

/** Steps of the inverse: bisection alone would come to 10⁻⁷ of the interval, and Newton's steps double the digits. */
const steps = 24;

/**
 * The unconstrained flow of Shah et al., for data in an interval [α, β] and an exponential base.
 *
 *   y_j = ∫_α^{x_j} g_j(t) dt,   g_j(t) = ELU(τ Σ_r a_jr relu(w_jr t + b_jr + Σ_{i<j} u_ijr x_i)) + 1,
 *   log|det| = Σ_j log g_j(x_j)
 *
 * x, y: [batch, D]; logDet: [batch], nats. Cost O(batch · D · m · intervals). Nothing constrains w (`weight`), b
 * (`bias`) and u (`context`); a (`height`, [D, m], standard normals) stays as drawn. The integral is Clenshaw and
 * Curtis's rule, so y is as exact as that is for a slope with m corners, while logDet is exact: with too few intervals
 * the two do not belong to each other, and the density does not integrate to one. α goes to 0; values beyond the image
 * of β have no inverse here and give β. Default τ: 1.
 *
 * @throws LogdetError "usage" if dim or width is not a whole number from 1, or intervals is not even.
 * @see Shah, Deshpande and Goyal, "Learning and generalization in overparameterized normalizing flows", AISTATS 2022
 * @see Wehenkel and Louppe, "Unconstrained monotonic neural networks", NeurIPS 2019
 * @example const network = unconstrainedNetwork({ dim: 1, width: 64, random: new Random(1) })
 */
export function unconstrainedNetwork(options: UnconstrainedNetworkOptions): Bijection {
  const { dim, width, scale = 1, random = new Random(0), domain = [-1, 1], intervals = 32 } = options;
  if (!(Number.isInteger(intervals / 2) && intervals > 0))
    throw new LogdetError(
      "usage",
      `unconstrained network: intervals must be an even number from 2, got ${intervals}`,
    );
  const [from, to] = domain;
  const { parameters, shift } = hiddenUnits("unconstrained network", options, { positive: false });
  const height = parameter([dim, width], random.split("height").fillNormal(new Float64Array(dim * width)), {
    trainable: false,
  });
  const rule = clenshawCurtis(intervals);
  const count = rule.points.length;
  const shares = constant(rule.points, [1, 1, count]);
  const weights = constant(rule.weights, [1, 1, count]);

  /** The map of columns first … end − 1, given the units' shifts: [batch, n] -> [batch, n]. */
  const columns = (shifts: Tensor, first: number, end: number): MonotoneFunction => {
    const n = end - first;
    const of = (table: Parameter) => reshape(slice(table, 0, first, end), [1, n, 1, width]);
    const [w, a] = [of(parameters.weight), mul(scale, of(height))];
    const moved = slice(shifts, 1, first, end);
    const s = reshape(moved, [moved.shape[0], n, 1, width]);
    /** The slope at some points of each column: [batch, n, points] -> the same. */
    const slope = (at: Tensor, points: number) => {
      const inner = add(mul(reshape(at, ["batch", n, points, 1]), w), s);
      const net = sum(mul(a, maximum(inner, 0)), 3);
      return where(greater(net, 0), add(1, net), exp(minimum(net, 0)));
    };
    return (x) => {
      const length = reshape(sub(x, from), ["batch", n, 1]);
      const integral = sum(mul(weights, slope(add(from, mul(length, shares)), count)), 2);
      const derivative = reshape(slope(reshape(x, ["batch", n, 1]), 1), ["batch", n]);
      return { y: mul(sub(x, from), integral), derivative };
    };
  };

  const forward = (x: Tensor) => {
    const { y, derivative } = columns(shift(x), 0, dim)(x);
    return { y, logDet: sum(log(derivative), 1) };
  };
  return {
    dim,
    parameters: { ...parameters, height },
    forward,
    inverse(y) {
      const x = columnByColumn(y, dim, (value, j, known) =>
        invertMonotone({
          forward: columns(shift(known), j, j + 1),
          y: value,
          low: fullLike(value, from),
          high: fullLike(value, to),
          steps,
          halving: true,
        }),
      );
      return { x, logDet: neg(forward(x).logDet) };
    },
    config: () => ({ type: "unconstrained-network", dim, width, scale, domain, intervals }),
  };
}
