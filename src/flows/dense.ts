// Dense flows: the recipes that are trained by relative gradients.

import {
  type Bijection,
  chain,
  leakyTanh,
  linear,
  quantileKnots,
  rationalQuadraticSpline,
  smoothLeakyRelu,
} from "../bijections/index.js";
import { buildDistribution } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { Flow } from "./flow.js";

/** Element-wise maps that may stand between dense layers. */
export const activations = ["spline", "smooth-leaky-relu", "leaky-tanh"] as const;
export type Activation = (typeof activations)[number];

export interface DenseFlowOptions {
  dim: number;
  /** Number of dense layers. */
  layers: number;
  activation: Activation;
  /** Type of the base density: see distributions. */
  base: string;
  /** Whether a spline a column stands in front of the first dense layer. */
  front: boolean;
  /** Pieces of every spline. */
  bins?: number;
  /** Standardised rows, row-major, whose quantiles the front spline starts from. */
  sample?: Float32Array | Float64Array;
  random?: Random;
}

/**
 * [spline a column →] [W, b → activation] × (layers − 1) → W, b → base.
 *
 * Nothing constrains the Jacobian; W starts near the identity.
 *
 * @see Gresele et al., NeurIPS 2020, for the dense layers; Durkan et al., NeurIPS 2019, for the splines
 * @example const flow = denseFlow({ dim: 8, layers: 4, activation: "spline", base: "mixture-of-gaussians", front: true })
 */
export function denseFlow({
  dim,
  layers,
  activation,
  base,
  front,
  bins = 8,
  sample,
  random = new Random(0),
}: DenseFlowOptions): Flow {
  const between = (): Bijection => {
    if (activation === "spline") return rationalQuadraticSpline({ dim, bins });
    if (activation === "smooth-leaky-relu") return smoothLeakyRelu({ dim });
    if (activation === "leaky-tanh") return leakyTanh({ dim });
    throw new LogdetError("usage", `there is no activation named ${activation}`, {
      hint: `Choose one of ${activations.join(", ")}.`,
    });
  };
  const parts: Bijection[] = [];
  if (front)
    parts.push(
      rationalQuadraticSpline({ dim, bins, ...(sample && { knots: quantileKnots(sample, dim, { bins }) }) }),
    );
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 0) parts.push(between());
    parts.push(linear({ dim, random: random.split(`layer ${layer}`) }));
  }
  return new Flow(chain(parts), buildDistribution({ type: base, dim }, random.split("base")));
}
