import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { inverse } from "../runtime/index.js";
import {
  add,
  gradients,
  input,
  mean,
  mul,
  Parameter,
  parameter,
  stopGradient,
  sub,
  substitute,
  sum,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import type { Companion, Problem } from "./companion.js";
import type { JacobianEstimator } from "./estimator.js";

export interface FreeFormOptions {
  /** Weight β of the reconstruction. */
  beta?: number;
  /** Random directions a row; more make the estimate quieter and dearer. At most as many as dimensions. */
  probes?: number;
}

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
 * @see Draxler et al., "Free-form flows: make any architecture a normalizing flow", AISTATS 2024, eq. 9
 * @example const loss = freeFormLoss({ x, encode, decode, logBase: (z) => base.logProb(z), probes: [v] })
 */
export function freeFormLoss({ x, encode, decode, logBase, probes, beta = 10 }: FreeFormProblem): Tensor {
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

/**
 * Free-form training of a flow: its bijection is the encoder, and a second net, run backwards from the latent, the
 * decoder. The decoder starts as a copy of the inverse in which every W^{-1} is a free matrix of its own, so that no
 * inverse is computed; it is needed for training only, and likelihoods remain those of the flow itself.
 *
 * Biased where the decoder is not the inverse, and noisy: the trace is sampled. Cost O(B D²): some 12 products in place
 * of three, with one probe, and the curves between the layers are differentiated twice. Memory: the decoder's numbers,
 * in training only. Works with every optimizer, equivariant under none; Adam suits the noise.
 *
 * @throws LogdetError "usage" if beta is not positive, or the flow is not one bijection before one base.
 * @see freeFormLoss
 */
export function freeForm({ beta = 10, probes = 1 }: FreeFormOptions = {}): JacobianEstimator {
  if (!(beta > 0 && beta < Infinity) || !(Number.isInteger(probes) && probes > 0))
    throw new LogdetError(
      "usage",
      `free-form: beta must be a positive number and probes a whole one, got ${beta} and ${probes}`,
    );
  return {
    name: "free-form",
    summary: "a second net as the inverse, the trace sampled (biased, noisy): for any pair of maps",
    rules: {},
    update: "add",
    exact: false,
    accompany: (problem) => accompany(problem, beta, probes),
  };
}

function accompany({ flow, x }: Problem, beta: number, probes: number): Companion {
  const { bijection, base, dim } = flow;
  if (!bijection || !base)
    throw new LogdetError("usage", "free-form: the flow must be one bijection before one base density");
  const count = Math.min(probes, dim);
  const names = Array.from({ length: count }, (_, i) => `probe_${i}`);
  const directions = names.map((name) => input(name, ["batch", dim]));
  const latent = input("latent", ["batch", dim]);
  const decoder = freed(bijection.inverse(latent).x);
  const loss = freeFormLoss({
    x,
    encode: (rows) => bijection.forward(rows).y,
    decode: (z) => substitute([decoder.formula], new Map([[latent, z]]))[0],
    logBase: (z) => base.logProb(z),
    probes: directions,
    beta,
  });
  return {
    loss,
    gradients: (of) => gradients(loss, of),
    parameters: decoder.parameters,
    noise: (rows, random) => {
      const drawn = freeFormProbes({ rows, dim, count, random });
      return Object.fromEntries(names.map((name, i) => [name, drawn[i]]));
    },
  };
}

/** A formula with trained parameters of its own, equal to the old ones at the start, and inverses among them. */
function freed(formula: Tensor): { formula: Tensor; parameters: Parameter[] } {
  const own = new Map<Tensor, Parameter>();
  for (const node of topologicalOrder([formula])) {
    const [source] = node.inputs;
    if (node instanceof Parameter && node.trainable) own.set(node, parameter(node.shape, node.initial));
    if (node.operation.name === "inverse" && source instanceof Parameter) {
      const start = Float64Array.from(source.initial);
      own.set(node, parameter(source.shape, inverse(start, source.shape[0])));
      own.delete(source);
    }
  }
  return { formula: substitute([formula], own)[0], parameters: [...own.values()] };
}
