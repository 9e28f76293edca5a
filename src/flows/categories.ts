// Flows over numbers and categories that need no training: categories beside a flow that does not look at them, and
// the Gaussian whose means depend on them.

import { beside, chain, conditionalAffine, linear, standardization } from "../bijections/index.js";
import { blockStarts, type Distribution, factorized, normal } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { factorize } from "../runtime/index.js";
import { whitening } from "./clusters.js";
import { Flow } from "./flow.js";

/**
 * A flow over D numbers with categories beside that it does not depend on: log p(x, e) = log p(x) + log p(e). Its
 * parameters are the flow's and the categories'.
 *
 * @param flow none for rows that are categories only
 * @example const independent = besideCategories(flow, latentClasses({ sizes: [3] }))
 */
export function besideCategories(flow: Flow | undefined, categories: Distribution): Flow {
  if (!flow) {
    const { dim } = categories;
    const center = new Float64Array(dim);
    return new Flow(standardization({ dim, center, scale: new Float64Array(dim).fill(1) }), categories);
  }
  return new Flow(
    beside({ inner: flow.bijection, extra: categories.dim }),
    factorized({ conditional: flow.base, categories }),
  );
}

/** Evidence for the common mean, in rows, that a category's mean is drawn to it with. */
const shrinkage = 1;

/**
 * The Gaussian whose mean is a linear function of the categories, with one covariance: x | e ~ N(μ + e B, Σ), in closed
 * form, as a flow.
 *
 *   B = (Ẽᵀ E + λ I)⁻¹ Ẽᵀ X,  λ = 1 row;   y = ((x − e B) − μ) Σ^{-1/2}
 *
 * Ẽ: the rows' one-hot blocks less their means. In each block the effects' mean over the rows is 0, so that a category
 * which no row had, with effect 0, is as a row of which that column is not known. Cost O(n (M² + M D + D²) + M³).
 *
 * @param rows row-major [n, D + M]
 * @param sizes slots of each block of categories, M together
 * @throws LogdetError "shape" if rows and blocks do not fit, "numeric" if the covariance is singular.
 * @see Olkin and Tate, "Multivariate correlation models with mixed discrete and continuous variables", 1961
 * @example const flow = categoryGaussian(rows, 2, latentClasses(fitLatentClasses(slots, { sizes })), sizes)
 */
export function categoryGaussian(
  rows: Float32Array | Float64Array,
  dim: number,
  categories: Distribution,
  sizes: readonly number[],
): Flow {
  const extra = categories.dim;
  const width = dim + extra;
  const starts = blockStarts(sizes);
  if (starts[sizes.length] !== extra)
    throw new LogdetError("shape", `the blocks have ${starts[sizes.length]} slots, the categories ${extra}`);
  const count = rows.length / width;
  if (!(Number.isInteger(count) && count > 1))
    throw new LogdetError("shape", `${rows.length} numbers are no rows of ${width}`);
  const effects = categoryEffects(rows, dim, starts);
  const residuals = withoutEffects(rows, dim, effects);
  const inner = chain([
    conditionalAffine({ dim, given: extra, shift: effects.map((value) => -value) }),
    linear({ dim, noise: 0, start: whitening(residuals, dim, { ridge: 0 }) }),
  ]);
  return new Flow(beside({ inner, extra }), factorized({ conditional: normal({ dim }), categories }));
}

/** x − e B of every row, row-major [n, D]. */
export function withoutEffects(
  rows: Float32Array | Float64Array,
  dim: number,
  effects: Float64Array,
): Float64Array {
  const extra = effects.length / dim;
  const width = dim + extra;
  return Float64Array.from({ length: (rows.length / width) * dim }, (_, at) => {
    const [row, j] = [Math.floor(at / dim) * width, at % dim];
    let value = rows[row + j];
    for (let i = 0; i < extra; i++) value -= rows[row + dim + i] * effects[i * dim + j];
    return value;
  });
}

/**
 * What each slot of the categories adds to the columns' means, B of categoryGaussian, row-major [M, D].
 *
 * @param rows row-major [n, D + M]
 * @param starts where the blocks begin, and behind the last M: see blockStarts
 * @param evidence for the common mean, in rows, that a category's mean is drawn to it with
 */
export function categoryEffects(
  rows: Float32Array | Float64Array,
  dim: number,
  starts: readonly number[],
  evidence = shrinkage,
): Float64Array {
  const extra = starts[starts.length - 1];
  const width = dim + extra;
  const count = rows.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) mean[i % width] += rows[i] / count;
  const square = new Float64Array(extra * extra);
  const cross = new Float64Array(extra * dim);
  for (let row = 0; row < rows.length; row += width)
    for (let i = 0; i < extra; i++) {
      // Only the slot that a row has adds to the raw moments.
      const value = rows[row + dim + i];
      if (value === 0) continue;
      for (let k = 0; k < extra; k++) square[i * extra + k] += value * rows[row + dim + k];
      for (let j = 0; j < dim; j++) cross[i * dim + j] += value * rows[row + j];
    }
  for (let i = 0; i < extra; i++) {
    for (let k = 0; k < extra; k++) square[i * extra + k] -= count * mean[dim + i] * mean[dim + k];
    for (let j = 0; j < dim; j++) cross[i * dim + j] -= count * mean[dim + i] * mean[j];
    square[i * (extra + 1)] += evidence;
  }
  const inverse = factorize(square, extra).inverse();
  const effects = new Float64Array(extra * dim);
  for (let i = 0; i < extra; i++)
    for (let k = 0; k < extra; k++)
      for (let j = 0; j < dim; j++) effects[i * dim + j] += inverse[i * extra + k] * cross[k * dim + j];
  for (let block = 0; block + 1 < starts.length; block++)
    for (let j = 0; j < dim; j++) {
      let common = 0;
      for (let i = starts[block]; i < starts[block + 1]; i++) common += mean[dim + i] * effects[i * dim + j];
      for (let i = starts[block]; i < starts[block + 1]; i++)
        if (mean[dim + i] > 0) effects[i * dim + j] -= common;
    }
  return effects;
}
