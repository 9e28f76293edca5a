// Models whose conditional densities are known in closed form, for the tests of draws given some cells.

import { beside, chain, conditionalAffine, linear, standardization } from "../../src/bijections/index.js";
import { GaussianCopula } from "../../src/data/index.js";
import { factorized, latentClasses, mixture, normal, transformed } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { type ColumnConfig, Model } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { exampleModel } from "./example-model.js";

/** A column that is its own standardised values. */
export const plainColumn = (name: string): ColumnConfig => ({
  ...{ name, kind: "continuous", center: 0, scale: 1, minimum: -5, maximum: 5 },
});

export const categoryColumn = (name: string, categories: string[], missing?: boolean): ColumnConfig => ({
  ...{ ...plainColumn(name), kind: "categorical", categories, minimum: 0, maximum: categories.length - 1 },
  ...(missing && { missing }),
});

/** Normal scores of independent standard normals: a filler that knows nothing of how columns depend on each other. */
export function ignorantFiller(dim: number, spread = 1, supports?: { lower?: number }[]): GaussianCopula {
  const rows = new Random(77).fillNormal(new Float64Array(2000 * dim), spread);
  return GaussianCopula.fit(supports?.[0]?.lower === undefined ? rows : rows.map(Math.exp), dim, {
    supports,
  });
}

export function modelOf(flow: Flow, columns: ColumnConfig[], filler?: GaussianCopula): Model {
  const config = { ...exampleModel({ dim: 1 }).config, columns, flow: flow.config() };
  const store = new ParameterStore(Object.values(flow.parameters));
  return new Model(flow, store, config, { threads: 1, filler });
}

/** Lower-triangular L with Σ = L Lᵀ, as rows. */
function cholesky(covariance: readonly (readonly number[])[]): number[][] {
  const factor = covariance.map((row) => row.map(() => 0));
  for (let i = 0; i < factor.length; i++)
    for (let j = 0; j <= i; j++) {
      let sum = covariance[i][j];
      for (let k = 0; k < j; k++) sum -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(sum) : sum / factor[j][j];
    }
  return factor;
}

/** The layer y = (x − μ) W that makes N(μ, Σ) standard: W = L^{-T}. */
function whitener(mean: readonly number[], covariance: readonly (readonly number[])[]) {
  const dim = mean.length;
  const factor = cholesky(covariance);
  const weight = new Float64Array(dim * dim);
  for (let column = 0; column < dim; column++)
    // Row `column` of L^{-T} is column `column` of L^{-1}, found by forward substitution.
    for (let i = column; i < dim; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= factor[i][k] * weight[column * dim + k];
      weight[column * dim + i] = sum / factor[i][i];
    }
  const bias = Float64Array.from(
    mean,
    (_, j) => -mean.reduce((sum, m, i) => sum + m * weight[i * dim + j], 0),
  );
  return linear({ dim, noise: 0, start: { weight, bias } });
}

/** N(μ, Σ) as a flow of one dense layer. */
export const gaussian = (mean: readonly number[], covariance: readonly (readonly number[])[]): Flow =>
  new Flow(chain([whitener(mean, covariance)]), normal({ dim: mean.length }));

/** Σ_k w_k N(μ_k, Σ). */
export function gaussians(
  weights: readonly number[],
  means: readonly (readonly number[])[],
  covariance: readonly (readonly number[])[],
): Flow {
  const dim = means[0].length;
  const unchanged = standardization({
    dim,
    center: new Float64Array(dim),
    scale: new Float64Array(dim).fill(1),
  });
  const components = means.map((mean) =>
    transformed({ bijection: whitener(mean, covariance), base: normal({ dim }) }),
  );
  return new Flow(unchanged, mixture({ components, weights }));
}

/**
 * Categories by latent classes, and numbers given them: N(Σ_j means[slot_j], Σ).
 *
 * @param sizes slots of each block
 * @param classWeights π, [K]
 * @param probabilities p_k(slot), [M][K]
 * @param means shift of the numbers' mean by each slot, [M][D]
 */
export function mixed(
  sizes: readonly number[],
  classWeights: readonly number[],
  probabilities: readonly (readonly number[])[],
  means: readonly (readonly number[])[],
  covariance: readonly (readonly number[])[],
): Flow {
  const dim = covariance.length;
  const extra = means.length;
  const categories = latentClasses({
    sizes,
    logWeights: Float64Array.from(classWeights, Math.log),
    logProbabilities: Float64Array.from(probabilities.flat(), Math.log),
  });
  const shift = Float64Array.from(means.flat(), (value) => -value);
  const inner = chain([
    conditionalAffine({ dim, given: extra, shift }),
    whitener(new Array(dim).fill(0), covariance),
  ]);
  return new Flow(beside({ inner, extra }), factorized({ conditional: normal({ dim }), categories }));
}
