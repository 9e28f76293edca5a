import { LogdetError } from "../errors.js";
import {
  add,
  exactRules,
  gradients,
  type JacobianRules,
  matmul,
  mean,
  mul,
  neg,
  type Parameter,
  parameter,
  reshape,
  slice,
  stopGradient,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../tensor/index.js";
import type { Companion, CompanionArena, RunningCompanion, TrainingProblem } from "./companion.js";
import { denseTerms } from "./dense-terms.js";
import type { JacobianEstimator } from "./estimator.js";
import { beside } from "./layer-parts.js";

export interface SelfNormalizingOptions {
  /** Weight λ of the reconstruction: a fixed number, or the one that an adapted weight starts from. */
  weight?: number;
  /**
   * Root mean square error of a reconstructed number at which the weight comes to rest. The weight is adapted if this is
   * given.
   */
  tolerance?: number;
}

/** How fast an adapted weight moves, how long its memory is, and how far it may go. */
const geco = { rate: 0.01, memory: 0.9, least: 1e-3, most: 1e6 };

/**
 * Self-normalizing flows: a learned R stands in for W^{-1} wherever the gradient wants it, and a penalty keeps it there.
 *
 *   dW = ½ (xᵀΔ + ḡ Rᵀ) + λ ∇W,   dR = ½ (−uᵀ(ΔWᵀ) − ḡ Wᵀ) + λ ∇R   of the mean of ‖x − (x W) R‖², x held fixed
 *
 * The halves are those of the mean of two likelihoods, one with W and one with R^{-1}. λ is fixed, or adapted as in
 * GECO: multiplied by exp(0.01 C), C a running mean of how far the reconstruction misses the tolerance.
 *
 * Biased: the fixed points are those of the likelihood only where R = W^{-1}, and dW is off by ½ (R − W^{-1})ᵀ
 * elsewhere. Cost O(B D²): eight products in place of three, no inverse. Memory: another D² a layer, which is trained,
 * and saved with the model for fast approximate sampling. Works with every optimizer, equivariant under none.
 *
 * @throws LogdetError "usage" if a number is not positive, or the net's dense layers have no R.
 * @see Keller et al., "Self normalizing flows", ICML 2021, §3; Rezende and Viola, "Taming VAEs", 2018, for GECO
 * @example const estimator = selfNormalizing({ weight: 1, tolerance: 0.03 })
 */
export function selfNormalizing({ weight = 10, tolerance }: SelfNormalizingOptions = {}): JacobianEstimator {
  for (const [name, value] of Object.entries({ weight, tolerance: tolerance ?? 1 }))
    if (!(value > 0 && value < Infinity))
      throw new LogdetError("usage", `self-normalizing: ${name} must be a positive number, got ${value}`);
  return {
    name: "self-normalizing",
    summary: "a learned inverse in place of W^{-1}, kept close by a penalty (biased): O(D²)",
    rules: {},
    update: "add",
    exact: false,
    layer: "self-normalizing-linear",
    accompany: (problem) => accompany(problem, weight, tolerance),
  };
}

function accompany(problem: TrainingProblem, first: number, tolerance: number | undefined): Companion {
  const { flow, loss, matrices } = problem;
  const learned = new Map<Tensor, Parameter>();
  for (const matrix of matrices) {
    const inverse = beside(flow, matrix, "learnedInverse");
    if (!inverse)
      throw new LogdetError("usage", "self-normalizing: the net's dense layers have no learned inverse", {
        hint: 'Build them with selfNormalizingLinear, or denseFlow({ layer: "self-normalizing-linear" }).',
      });
    learned.set(matrix, inverse);
  }
  const rules: JacobianRules = {
    logAbsDet: (node, upstream) => {
      const inverse = learned.get(node.inputs[0]);
      return inverse ? [mul(upstream, transpose(inverse)), undefined] : exactRules.logAbsDet(node, upstream);
    },
  };
  const terms = denseTerms({ ...problem, rules }).map((term) => ({
    ...term,
    inverse: learned.get(term.matrix) as Parameter,
  }));
  if (terms.length === 0) return {};
  const errors = terms.map(({ matrix, x, inverse }) => {
    const fixed = stopGradient(x);
    const miss = sub(fixed, matmul(matmul(fixed, matrix), inverse));
    return mean(sum(mul(miss, miss), 1));
  });
  const reconstruction = errors.reduce(add);
  /** [λ, running mean of C] */
  const control = parameter([2], [first, 0], { trainable: false });
  const weight = tolerance === undefined ? first : reshape(slice(control, 0, 0, 1), []);

  return {
    gradients(of) {
      const likelihood = gradients(loss, of, { rules });
      const penalty = gradients(mul(weight, reconstruction), of);
      const backward = new Map<Parameter, Tensor>(
        terms.map(({ matrix, inverse, u, delta, share }) => {
          const pulled = matmul(delta, transpose(matrix));
          return [inverse, neg(add(matmul(transpose(u), pulled), mul(share, transpose(matrix))))];
        }),
      );
      return of.map((target, i) => {
        const isHalved = learned.has(target) || backward.has(target);
        const slope = backward.get(target) ?? likelihood[i];
        const part = slope && isHalved ? mul(0.5, slope) : slope;
        return part && penalty[i] ? add(part, penalty[i]) : (part ?? penalty[i]);
      });
    },
    ...(tolerance !== undefined && {
      parameters: [control],
      outputs: { reconstruction: mul(reconstruction, 1 / (terms.length * flow.dim)) },
      start: async (arena: CompanionArena) => adapt(arena, control, tolerance),
    }),
  };
}

function adapt({ store }: CompanionArena, control: Parameter, tolerance: number): RunningCompanion {
  return {
    async after({ values }) {
      const view = store.view(control);
      const [weight, average] = view;
      const off = Math.max(-1, Math.min(1, values.reconstruction[0] / tolerance ** 2 - 1));
      const smoothed = geco.memory * average + (1 - geco.memory) * off;
      view[0] = Math.max(geco.least, Math.min(geco.most, weight * Math.exp(geco.rate * smoothed)));
      view[1] = smoothed;
      return undefined;
    },
  };
}
