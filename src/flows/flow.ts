// A flow: a bijection from data to latent and a base density there. Still symbolic: values live in a store.

import { type Bijection, buildBijection, type Config } from "../bijections/index.js";
import { buildDistribution, type Distribution, type Noise } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { add, type Parameter, type Tensor } from "../tensor/index.js";

/**
 * The density of x under a flow:
 *
 *   log p(x) = log p_base(f(x)) + log|det ∂f/∂x|
 *
 * @throws LogdetError "shape" if bijection and base disagree on the dimension.
 * @see Rezende and Mohamed, "Variational inference with normalizing flows", 2015, eq. 5
 * @example
 * const flow = new Flow(chain([linear({ dim: 2 })]), normal({ dim: 2 }))
 * const density = flow.logProb(input("x", ["batch", 2]))
 */
export class Flow {
  readonly bijection: Bijection;
  readonly base: Distribution;

  constructor(bijection: Bijection, base: Distribution) {
    if (bijection.dim !== base.dim)
      throw new LogdetError(
        "shape",
        `the bijection maps ${bijection.dim} columns, the base takes ${base.dim}`,
      );
    this.bijection = bijection;
    this.base = base;
  }

  get dim(): number {
    return this.base.dim;
  }

  /** Every number of the flow by a stable name: `bijection.2.weight`, `base.logits`. */
  get parameters(): Readonly<Record<string, Parameter>> {
    const named = (prefix: string, owned: Readonly<Record<string, Parameter>>) =>
      Object.entries(owned).map(([name, value]) => [`${prefix}.${name}`, value]);
    return Object.fromEntries([
      ...named("bijection", this.bijection.parameters),
      ...named("base", this.base.parameters),
    ]);
  }

  /** How many numbers are trained. */
  get parameterCount(): number {
    return Object.values(this.parameters)
      .filter(({ trainable }) => trainable)
      .reduce((total, { size }) => total + size, 0);
  }

  /** Log-density in nats, [batch], and the latent, [batch, D], of rows x, [batch, D]. */
  density(x: Tensor, context?: Tensor): { logProb: Tensor; latent: Tensor } {
    const { y, logDet } = this.bijection.forward(x, context);
    return { logProb: add(this.base.logProb(y, context), logDet), latent: y };
  }

  /** Log-density in nats: [batch, D] -> [batch]. */
  logProb(x: Tensor, context?: Tensor): Tensor {
    return this.density(x, context).logProb;
  }

  /** Rows drawn from the flow, [batch, D], as a function of the noise that the base asks for. */
  sample(noise: Noise, context?: Tensor): Tensor {
    return this.bijection.inverse(this.base.sample(noise, context), context).x;
  }

  /** Plain data from which `buildFlow` makes the same flow; the parameters' values are not in it. */
  config(): FlowConfig {
    return { bijection: this.bijection.config(), base: this.base.config() };
  }
}

export interface FlowConfig {
  readonly bijection: Config;
  readonly base: Config;
}

/** @throws LogdetError "model" where a part of the configuration is unknown or does not fit. */
export function buildFlow(config: FlowConfig): Flow {
  return new Flow(buildBijection(config.bijection, ["flow"]), buildDistribution(config.base));
}
