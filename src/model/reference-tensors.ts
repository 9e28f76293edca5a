// What the combined statistic knows, in the tensors of a saved model.

import { LogdetError } from "../errors.js";
import { mixtureGroups, type Reference } from "./reference.js";
import type { NamedTensor } from "./safetensors.js";

/** Names of the tensors that hold a reference. */
const prefix = "reference.";
const where = ["model.safetensors"];

/** The tensors that a saved model keeps, float64: centres of groups of rows, and a few numbers. */
export function referenceTensors({ mixtures, tails }: Reference): Record<string, NamedTensor> {
  return Object.fromEntries([
    ...mixtures.flatMap(({ dim, centers, variances, weights }, j): [string, NamedTensor][] => [
      [`${prefix}${j}.centers`, { shape: [weights.length, dim], values: centers }],
      [`${prefix}${j}.variances`, { shape: [weights.length], values: variances }],
      [`${prefix}${j}.weights`, { shape: [weights.length], values: weights }],
    ]),
    [
      `${prefix}tails`,
      {
        shape: [tails.length, 2],
        values: Float64Array.from(tails.flatMap(({ median, scale }) => [median, scale])),
      },
    ],
  ]);
}

/**
 * The reference of a saved model's tensors, and the other tensors; undefined if there is none, as in models of before there
 * was one.
 *
 * @param dim numeric columns
 * @throws LogdetError "model" if its tensors are damaged.
 */
export function splitReference(
  tensors: ReadonlyMap<string, NamedTensor>,
  dim: number,
): { others: Map<string, NamedTensor>; reference: Reference | undefined } {
  const others = new Map([...tensors].filter(([name]) => !name.startsWith(prefix)));
  if (others.size === tensors.size) return { others, reference: undefined };
  const damaged = (name: string, what: string) =>
    new LogdetError("model", `the tensor ${prefix}${name} ${what}`, { where });
  const numbers = (name: string, shape: readonly number[], isPositive = false): Float64Array => {
    const tensor = tensors.get(prefix + name);
    if (tensor?.shape.join() !== shape.join())
      throw damaged(
        name,
        `should be [${shape.join(", ")}], it is ${tensor ? `[${tensor.shape.join(", ")}]` : "missing"}`,
      );
    if (!tensor.values.every(Number.isFinite)) throw damaged(name, "holds a number that is not finite");
    if (isPositive && !tensor.values.every((value) => value > 0))
      throw damaged(name, "holds a number that is not positive");
    return Float64Array.from(tensor.values);
  };
  const mixtures = mixtureGroups.map((most, j) => {
    const [groups = 0] = tensors.get(`${prefix}${j}.weights`)?.shape ?? [];
    if (groups < 1 || groups > most)
      throw damaged(`${j}.weights`, `should be of 1 to ${most} groups, it is of ${groups}`);
    return {
      dim,
      centers: numbers(`${j}.centers`, [groups, dim]),
      variances: numbers(`${j}.variances`, [groups], true),
      weights: numbers(`${j}.weights`, [groups], true),
    };
  });
  const expected = 3 * mixtures.length + 1;
  if (tensors.size - others.size !== expected)
    throw new LogdetError("model", `a reference has ${expected} tensors, not ${tensors.size - others.size}`, {
      where,
      hint: "A newer logdet may know more.",
    });
  const flat = numbers("tails", [mixtures.length + 1, 2]);
  const tails = Array.from({ length: mixtures.length + 1 }, (_, j) => ({
    median: flat[2 * j],
    scale: flat[2 * j + 1],
  }));
  if (tails.some(({ scale }) => !(scale > 0))) throw damaged("tails", "holds a scale that is not positive");
  return { others, reference: { mixtures, tails } };
}
