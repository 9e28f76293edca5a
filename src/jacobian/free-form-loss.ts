// The free-form loss of any two maps, and the random directions that it samples the Jacobian's trace with.

import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { add, gradients, mean, mul, stopGradient, sub, sum, type Tensor } from "../tensor/index.js";

/** A pair of maps, and what is needed to train it. */
export interface FreeFormProblem {
  /** Rows, [batch, D]. */
  readonly x: Tensor;
  /** x ↦ z, [batch, D] ↦ [batch, d]. */
  readonly encode: (x: Tensor) => Tensor;
  /** z ↦ x, [batch, d] ↦ [batch, D]. */
  readonly decode: (z: Tensor) => Tensor;
  /** log p(z), [batch, d] ↦ [batch], nats. */
  readonly logBase: (z: Tensor) => Tensor;
  /** Directions v, [batch, d] each: see freeFormProbes. */
  readonly probes: readonly Tensor[];
  readonly beta?: number;
}

/**
 * The loss of a free-form flow, for any two differentiable maps:
 *
 *   mean of  β ‖x − g(f(x))‖² − log p(f(x)) − vᵀ f'(x) sg(g'(z) v),   z = f(x)
 *
 * sg: held fixed. Its value says nothing; its gradient for f is that of the negative log-likelihood, on average over v,
 * where g is the inverse of f, as E[v vᵀ] = I makes the last term the trace of f'(x) sg(f'(x)^{-1}).
 *
 * Neither Jacobian is formed: vᵀ f' is one backward pass through f, g' v two through g. A scalar, [].
 *
 * @throws LogdetError "usage" without probes, or if a map does not depend on its input.
 * @see Draxler et al., "Free-form flows: make any architecture a normalizing flow", AISTATS 2024, eq. 9
 * @example const loss = freeFormLoss({ x, encode, decode, logBase: (z) => base.logProb(z), probes: [v] })
 */
export function freeFormLoss({ x, encode, decode, logBase, probes, beta = 10 }: FreeFormProblem): Tensor {
  if (probes.length === 0) throw new LogdetError("usage", "free-form: there must be at least one probe");
  const z = encode(x);
  const back = decode(z);
  const miss = sub(x, back);
  const data = sub(mul(beta, sum(mul(miss, miss), 1)), logBase(z));
  // g'ᵀ w is linear in w, and its gradient for w with v upstream is g' v; which w does not matter.
  const anywhere = stopGradient(back);
  const [turned] = gradients(back, [z], { upstream: anywhere });
  const traces = probes.map((v) => {
    const [pulled] = gradients(z, [x], { upstream: v });
    const [pushed] = turned ? gradients(turned, [anywhere], { upstream: v }) : [];
    if (!pulled || !pushed)
      throw new LogdetError("usage", "free-form: the encoder must depend on x, and the decoder on z");
    return sum(mul(pulled, stopGradient(pushed)), 1);
  });
  const trace = mul(1 / probes.length, traces.reduce(add));
  return mean(sub(data, trace));
}

/**
 * Random directions for freeFormLoss: for each row `count` orthogonal vectors of length √dim, uniformly distributed.
 *
 * @returns one array a direction, [rows · dim]
 * @throws LogdetError "usage" if there are more directions than dimensions.
 * @example const [v] = freeFormProbes({ rows: 256, dim: 8, count: 1, random })
 */
export function freeFormProbes({
  rows,
  dim,
  count,
  random,
}: {
  rows: number;
  dim: number;
  count: number;
  random: Random;
}): Float64Array[] {
  if (!(Number.isInteger(count) && count >= 1 && count <= dim))
    throw new LogdetError("usage", `free-form: there can be 1 to ${dim} probes, got ${count}`);
  const probes = Array.from({ length: count }, () => random.fillNormal(new Float64Array(rows * dim)));
  for (let row = 0; row < rows; row++) {
    const vectors = probes.map((probe) => probe.subarray(row * dim, (row + 1) * dim));
    for (const [i, vector] of vectors.entries()) {
      for (const earlier of vectors.slice(0, i)) addScaled(vector, earlier, -dot(vector, earlier) / dim);
      const factor = Math.sqrt(dim / dot(vector, vector));
      for (let j = 0; j < dim; j++) vector[j] *= factor;
    }
  }
  return probes;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * b[i], 0);
}

function addScaled(target: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * other[i];
}
