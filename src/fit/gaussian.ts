// The first baseline of every table: a Gaussian with a full covariance matrix, fitted in closed form; and the same as a
// flow, for tables about which there is no more to know.

import { chain, linear } from "../bijections/index.js";
import { normal } from "../distributions/index.js";
import { Flow, whitening } from "../flows/index.js";
import { factorize, ParameterStore } from "../runtime/index.js";
import type { Trained } from "./average.js";

/**
 * The maximum-likelihood Gaussian of rows, row-major [n, dim], as a flow: one dense layer that whitens them.
 *
 * @throws LogdetError "numeric" if the covariance is singular.
 */
export function gaussianFlow(rows: Float32Array, dim: number): Trained {
  const layer = linear({ dim, noise: 0, start: whitening(rows, dim, { ridge: 0 }) });
  const flow = new Flow(chain([layer]), normal({ dim }));
  return { flow, store: new ParameterStore(Object.values(flow.parameters)) };
}

/**
 * Mean log-density, nats a row, of `test` under the maximum-likelihood Gaussian of `train`; both row-major [n, dim].
 * Undefined if the covariance is singular, as it is with no more rows than columns.
 */
export function gaussianLogProb(train: Float32Array, test: Float32Array, dim: number): number | undefined {
  const rows = train.length / dim;
  if (rows <= dim) return undefined;
  const mean = new Float64Array(dim);
  for (let i = 0; i < train.length; i++) mean[i % dim] += train[i] / rows;
  const covariance = new Float64Array(dim * dim);
  const deviation = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) deviation[i] = train[row * dim + i] - mean[i];
    for (let i = 0; i < dim; i++)
      for (let j = 0; j <= i; j++) covariance[i * dim + j] += (deviation[i] * deviation[j]) / rows;
  }
  for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) covariance[j * dim + i] = covariance[i * dim + j];
  const { logAbsDet, sign, inverse } = factorize(covariance, dim);
  if (sign <= 0) return undefined;
  const precision = inverse();
  let total = 0;
  for (let row = 0; row < test.length / dim; row++) {
    for (let i = 0; i < dim; i++) deviation[i] = test[row * dim + i] - mean[i];
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) total += deviation[i] * precision[i * dim + j] * deviation[j];
  }
  const average = -0.5 * ((total * dim) / test.length + dim * Math.log(2 * Math.PI) + logAbsDet);
  return Number.isFinite(average) ? average : undefined;
}
