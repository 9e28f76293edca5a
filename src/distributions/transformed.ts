// A density seen through a bijection: a flow as a base, and so as a component of a mixture.

import { type Bijection, buildBijection, type Config } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import { add, type Parameter } from "../tensor/index.js";
import type { Distribution, Noise } from "./distribution.js";

export interface TransformedOptions {
  /** From the density's own space to the base's. */
  bijection: Bijection;
  base: Distribution;
}

/** Names of parts' parameters with the part in front: `base.mean`. */
export const prefixed = (prefix: string, parameters: Readonly<Record<string, Parameter>>) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`${prefix}.${name}`, value]));

/**
 * The density of z where f(z) follows a base density.
 *
 *   log p(z) = log p_base(f(z)) + log|det ∂f/∂z|
 *
 * z: [batch, D]; log-density: [batch], nats. Draws are the base's, through the inverse of f.
 *
 * @throws LogdetError "shape" if bijection and base disagree on the dimension.
 * @example const skewed = transformed({ bijection: rationalQuadraticSpline({ dim: 2 }), base: normal({ dim: 2 }) })
 */
export function transformed({ bijection, base }: TransformedOptions): Distribution {
  if (bijection.dim !== base.dim)
    throw new LogdetError("shape", `the bijection maps ${bijection.dim} columns, the base takes ${base.dim}`);
  return {
    dim: base.dim,
    parameters: { ...prefixed("bijection", bijection.parameters), ...prefixed("base", base.parameters) },
    logProb(z, context) {
      const { y, logDet } = bijection.forward(z, context);
      return add(base.logProb(y, context), logDet);
    },
    noise: base.noise,
    sample: (noise: Noise, context) => bijection.inverse(base.sample(noise, context), context).x,
    through: { bijection, base },
    config: () => ({ type: "transformed", bijection: bijection.config(), base: base.config() }),
  };
}

/** A transformed density from the configurations of its parts. */
export function buildTransformed(
  { bijection, base }: { bijection: Config; base: Config },
  buildBase: (config: Config) => Distribution,
): Distribution {
  return transformed({ bijection: buildBijection(bijection, ["base"]), base: buildBase(base) });
}
