// Copula bases: the dependence between columns on one side, the distribution of each column on the other.

import type { Config } from "../bijections/index.js";
import { add, type Parameter, sum, type Tensor } from "../tensor/index.js";
import type { Distribution, Noise, NoiseColumns } from "./distribution.js";
import { buildMargin, type MarginOptions } from "./margins.js";
import { prefixed } from "./transformed.js";

/** A density on the unit cube with uniform margins. Points u of the cube are carried as logits, log u − log(1 − u). */
export interface Copula {
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** log c(u) in nats: logits [batch, D] -> [batch]. */
  logDensity(logit: Tensor): Tensor;
  readonly noise: NoiseColumns;
  /** Draws, as logits: [batch, D]. */
  sample(noise: Noise): Tensor;
}

/** What every copula base can be told. */
export interface CopulaOptions {
  /** Number of columns, D. */
  dim: number;
  /** How each column is distributed by itself; normal if not given. */
  margin?: MarginOptions | undefined;
}

/**
 * A base density made of a copula and margins.
 *
 *   log p(z) = Σ log p_i(z_i) + log c(F_1(z_1), …, F_D(z_D))
 *
 * z: [batch, D]; log-density: [batch], nats. Parameters: those of the copula, and the margins' under `margin.`.
 *
 * @param config the copula's own part of the configuration; dim and margin are added
 * @see Laszkiewicz, Lederer and Fischer, "Copula-based normalizing flows", INNF+ 2021
 */
export function copulaBase(
  copula: Copula,
  { dim, margin: options = { type: "normal" } }: CopulaOptions,
  config: Config,
): Distribution {
  const margin = buildMargin(options, dim);
  return {
    dim,
    parameters: { ...copula.parameters, ...prefixed("margin", margin.parameters) },
    logProb: (z) => add(sum(margin.logDensity(z), 1), copula.logDensity(margin.logit(z))),
    noise: copula.noise,
    sample: (noise) => margin.quantile(copula.sample(noise)),
    config: () => ({ ...config, dim, margin: margin.config() }),
  };
}
