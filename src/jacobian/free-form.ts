import { LogdetError } from "../errors.js";
import { inverse } from "../runtime/index.js";
import {
  gradients,
  input,
  Parameter,
  parameter,
  substitute,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import type { Companion, TrainingProblem } from "./companion.js";
import type { JacobianEstimator } from "./estimator.js";
import { freeFormLoss, freeFormProbes } from "./free-form-loss.js";

export interface FreeFormOptions {
  /** Weight β of the reconstruction. */
  beta?: number;
  /** Random directions a row; more make the estimate quieter and dearer. At most as many as dimensions. */
  probes?: number;
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
 * @example const estimator = freeForm({ probes: 4 })
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

function accompany({ flow, x }: TrainingProblem, beta: number, probes: number): Companion {
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
