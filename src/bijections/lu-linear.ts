// The dense layer whose matrix is given by its LU factors: a determinant that is a product.

import { LogdetError } from "../errors.js";
import {
  abs,
  add,
  constant,
  cumulativeSum,
  gather,
  identity,
  inverse,
  linear as linearMap,
  log,
  matmul,
  mul,
  neg,
  parameter,
  sub,
  sum,
  toInt,
  transpose,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { denseStart, type LinearOptions } from "./dense-start.js";

export interface LuLinearOptions extends LinearOptions {
  /** The row of L U that is row i of W, for each i; `start` overrides it. Default: i itself. Training never changes it. */
  permutation?: readonly number[];
}

/**
 * A dense square layer by factors: L lower triangular with ones on its diagonal, U upper triangular, P a fixed
 * permutation of the rows.
 *
 *   y = x P L U + b,   log|det dy/dx| = Σ log|U_ii|
 *
 * x, y: [batch, D]; logDet: a scalar in nats. L and U share one parameter, [D, D]. Two products of batch · D² in place
 * of one, and half of each multiplies zeros; no inverse anywhere in training. The inverse of the layer inverts the
 * factors on the host, O(D³), once a run of its program.
 *
 * Without `start` L and U are the halves of the identity plus noise, which needs no permutation; a `start` is factorised
 * with pivots, which choose P. Matrices that no L U with this P reaches are not reached later.
 *
 * @throws LogdetError "usage" if `permutation` is not one of 0 … D − 1.
 * @see Kingma and Dhariwal, "Glow", NeurIPS 2018, §3.2
 * @example const layer = luLinear({ dim: 8, permutation: [...new Random(1).permutation(8)] })
 */
export function luLinear({ dim, permutation: given, ...options }: LuLinearOptions): Bijection {
  if (given && !isPermutation(given, dim))
    throw new LogdetError("usage", `lu-linear: the permutation must name each of 0 … ${dim - 1} once`);
  const { weight, bias: shift } = denseStart({ dim, ...options });
  const permutation = options.start ? factorize(weight, dim) : given;
  const factors = parameter([dim, dim], weight);
  const bias = parameter([dim], shift);

  const ones = identity(dim);
  // Ones on and below the diagonal, without a constant of D² numbers in the graph.
  const below = cumulativeSum(ones, 0);
  const upper = mul(factors, transpose(below));
  const unordered = add(mul(factors, sub(below, ones)), ones);
  const lower = permutation ? gather(unordered, toInt(constant(permutation))) : unordered;
  const logDet = sum(log(abs(sum(mul(factors, ones), 1))));
  return {
    dim,
    parameters: { factors, bias },
    forward: (x) => ({ y: linearMap(matmul(x, lower), upper, bias), logDet }),
    inverse: (y) => ({
      x: matmul(matmul(sub(y, bias), inverse(upper)), inverse(lower)),
      logDet: neg(logDet),
    }),
    config: () => ({ type: "lu-linear", dim, ...(permutation && { permutation }) }),
  };
}

/** Whether each of 0 … size − 1 occurs once. */
export function isPermutation(order: readonly number[], size: number): boolean {
  return order.length === size && order.toSorted((a, b) => a - b).every((value, i) => value === i);
}

/** L and U of a matrix in its own place, with partial pivoting; returns the row of L U that each row of it is. */
function factorize(a: Float64Array, n: number): number[] {
  const rowOf = Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (a[pivot * n + k] === 0)
      throw new LogdetError("numeric", "lu-linear: the matrix to start from is singular", {
        where: [`column ${k}`],
      });
    [rowOf[k], rowOf[pivot]] = [rowOf[pivot], rowOf[k]];
    for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j], a[k * n + j]];
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k] / a[k * n + k];
      a[i * n + k] = factor;
      for (let j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  const permutation = rowOf.slice();
  for (const [k, row] of rowOf.entries()) permutation[row] = k;
  return permutation;
}
