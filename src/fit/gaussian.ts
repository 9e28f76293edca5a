// The first baseline of every table: a Gaussian with a full covariance matrix, fitted in closed form; and the same as a
// flow, for tables about which there is no more to know.

import { chain, linear } from "../bijections/index.js";
import { normal } from "../distributions/index.js";
import { categoryGaussian, Flow, whitening } from "../flows/index.js";
import { covarianceOf, factorize, ParameterStore } from "../runtime/index.js";
import type { Trained } from "./average.js";
import type { Categories } from "./categories.js";

/**
 * The maximum-likelihood Gaussian of rows, row-major [n, dim], as a flow: one dense layer that whitens them. With
 * categories, rows are [n, dim + slots], and its mean depends on them.
 *
 * @throws LogdetError "numeric" if the covariance is singular.
 */
export function gaussianFlow(rows: Float32Array, dim: number, categories?: Categories): Trained {
  const flow = categories
    ? categoryGaussian(rows, dim, categories.build(), categories.sizes)
    : plainGaussian(rows, dim);
  return { flow, store: new ParameterStore(Object.values(flow.parameters)) };
}

function plainGaussian(rows: Float32Array, dim: number): Flow {
  const layer = linear({ dim, noise: 0, start: whitening(rows, dim, { ridge: 0 }) });
  return new Flow(chain([layer]), normal({ dim }));
}

/** The maximum-likelihood Gaussian of some rows, by what it says of them and of others; nats a row. */
export interface GaussianBaseline {
  /**
   * The largest mean log-density of the training rows that an affine flow with a normal base can have,
   * −½ [D (1 + log 2π) + Σ log λ], λ the eigenvalues of their covariance.
   */
  readonly optimum: number;
  /** The mean log-density of other rows under that flow. */
  readonly heldOut: number;
}

/**
 * The Gaussian of `train` and how likely it finds `test`; both row-major [n, dim]. O(n D² + D³).
 *
 * Undefined if there is no column, or the covariance is singular, as it is with no more rows than columns.
 *
 * @see Liao and He, "Jacobian determinant of normalizing flows", 2021, for the optimum
 */
export function gaussianBaseline(
  train: Float32Array,
  test: Float32Array,
  dim: number,
): GaussianBaseline | undefined {
  if (dim === 0 || train.length / dim <= dim) return undefined;
  const { mean, covariance } = covarianceOf(train, dim);
  const { logAbsDet, sign, inverse } = factorize(covariance, dim);
  if (sign <= 0) return undefined;
  const precision = inverse();
  const deviation = new Float64Array(dim);
  let total = 0;
  for (let row = 0; row < test.length / dim; row++) {
    for (let i = 0; i < dim; i++) deviation[i] = test[row * dim + i] - mean[i];
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) total += deviation[i] * precision[i * dim + j] * deviation[j];
  }
  // log det Σ is Σ log λ. The training rows' mean squared distance to their own Gaussian is D.
  const density = (distance: number) => -0.5 * (distance + dim * Math.log(2 * Math.PI) + logAbsDet);
  const heldOut = density((total * dim) / test.length);
  return Number.isFinite(heldOut) ? { optimum: density(dim), heldOut } : undefined;
}

/** Mean log-density, nats a row, of `test` under the Gaussian of `train`: see gaussianBaseline. */
export const gaussianLogProb = (train: Float32Array, test: Float32Array, dim: number): number | undefined =>
  gaussianBaseline(train, test, dim)?.heldOut;
