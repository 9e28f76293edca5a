// What missing cells are filled from, in the tensors of a saved model.

import { GaussianCopula } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { NamedTensor } from "./safetensors.js";

/** Names of the tensors that hold a filler. */
const prefix = "filler.";
const where = ["model.safetensors"];

/** The tensors that a saved model keeps, float64. */
export function fillerTensors(filler: GaussianCopula): Record<string, NamedTensor> {
  const { margins, mean, covariance } = filler.toJSON();
  const dim = margins.length;
  const tensor = (shape: readonly number[], values: readonly number[]): NamedTensor => ({
    shape,
    values: Float64Array.from(values),
  });
  return Object.fromEntries([
    [`${prefix}mean`, tensor([dim], mean)],
    [`${prefix}covariance`, tensor([dim, dim], covariance)],
    [
      `${prefix}bounds`,
      tensor(
        [dim, 2],
        margins.flatMap(({ lower = -Infinity, upper = Infinity }) => [lower, upper]),
      ),
    ],
    ...margins.map(({ scores, values }, d) => [
      `${prefix}knots.${d}`,
      tensor([2, scores.length], [...scores, ...values]),
    ]),
  ]);
}

/**
 * The filler of a saved model's tensors, and the other tensors; undefined if there is none, as in models of before there
 * was one.
 *
 * @param dim numeric columns
 * @throws LogdetError "model" if its tensors are damaged.
 */
export function splitFiller(
  tensors: ReadonlyMap<string, NamedTensor>,
  dim: number,
): { others: Map<string, NamedTensor>; filler: GaussianCopula | undefined } {
  const others = new Map([...tensors].filter(([name]) => !name.startsWith(prefix)));
  if (others.size === tensors.size) return { others, filler: undefined };
  const numbers = (name: string, shape: readonly (number | undefined)[]): number[] => {
    const tensor = tensors.get(prefix + name);
    const fits =
      tensor?.shape.length === shape.length &&
      shape.every((n, i) => (n ?? tensor.shape[i]) === tensor.shape[i]);
    if (!tensor || !fits)
      throw new LogdetError("model", `the tensor ${prefix}${name} is missing, or has another shape`, {
        where,
      });
    if (name !== "bounds" && !tensor.values.every(Number.isFinite))
      throw new LogdetError("model", `the tensor ${prefix}${name} holds a number that is not finite`, {
        where,
      });
    return Array.from(tensor.values);
  };
  if (tensors.size - others.size !== dim + 3)
    throw new LogdetError("model", `a filler of ${dim} columns has ${dim + 3} tensors`, { where });
  const bounds = numbers("bounds", [dim, 2]);
  const margins = Array.from({ length: dim }, (_, d) => {
    const knots = numbers(`knots.${d}`, [2, undefined]);
    return {
      scores: knots.slice(0, knots.length / 2),
      values: knots.slice(knots.length / 2),
      ...(bounds[2 * d] > -Infinity && { lower: bounds[2 * d] }),
      ...(bounds[2 * d + 1] < Infinity && { upper: bounds[2 * d + 1] }),
    };
  });
  const filler = GaussianCopula.from({
    margins,
    mean: numbers("mean", [dim]),
    covariance: numbers("covariance", [dim, dim]),
  });
  return { others, filler };
}
