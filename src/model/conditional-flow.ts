// A flow's numbers drawn given its categories: no chain is needed for that, only another order of the parts.

import type { Distribution, Noise, NoiseColumns } from "../distributions/index.js";
import { concat, cumulativeSum, exp, greaterOrEqual, slice, type Tensor, where } from "../tensor/index.js";

/** How rows [x | e] are drawn whose e is given. */
export interface GivenDraw {
  /** Noise that x takes. */
  readonly noise: NoiseColumns;
  /** Whole rows, [batch, D + M]; e: [batch, M], absent where there are no categories. */
  rows(noise: Noise, e?: Tensor): Tensor;
}

/**
 * Draws of x given e from a density of rows [x | e], whatever it is made of. The members of a mixture are taken to share
 * one distribution of categories, as those of a fitted model do: then their weights do not depend on e.
 */
export function givenDraw(density: Distribution): GivenDraw {
  const { factors, through, choice, noise } = density;
  const categories = categoriesOf(density);
  if (categories === undefined) return { noise, rows: (given) => density.sample(given) };
  // Categories alone: what is given is the row.
  if (categories === density) return { noise: { uniform: 0, normal: 0 }, rows: (_, e) => e as Tensor };
  if (factors) {
    const { conditional } = factors;
    return {
      noise: conditional.noise,
      rows: (given, e) => concat([conditional.sample(given, e), e as Tensor], 1),
    };
  }
  if (through) {
    const inner = givenDraw(through.base);
    return { noise: inner.noise, rows: (given, e) => through.bijection.inverse(inner.rows(given, e)).x };
  }
  const members = (choice?.components ?? []).map(givenDraw);
  const most = (count: (noise: NoiseColumns) => number) =>
    Math.max(...members.map((own) => count(own.noise)));
  return {
    noise: { uniform: 1 + most(({ uniform }) => uniform), normal: most(({ normal }) => normal) },
    rows({ uniform, normal }, e) {
      const weights = exp(choice?.logWeights as Tensor);
      const reached = greaterOrEqual(
        slice(uniform as Tensor, 1, 0, 1),
        cumulativeSum(weights, 0, { exclusive: true }),
      );
      const drawn = members.map(({ noise: own, rows }) => {
        const uniforms = own.uniform > 0 && { uniform: slice(uniform as Tensor, 1, 1, 1 + own.uniform) };
        const normals = own.normal > 0 && { normal: slice(normal as Tensor, 1, 0, own.normal) };
        return rows({ ...uniforms, ...normals }, e);
      });
      return drawn.reduce((sofar, next, k) => where(slice(reached, 1, k, k + 1), next, sofar));
    },
  };
}

/** The distribution of categories within a density of rows [x | e], itself if there is no x; undefined if it has none. */
export function categoriesOf(density: Distribution): Distribution | undefined {
  const { factors, through, choice } = density;
  if (factors) return factors.categories;
  const inner = through?.base ?? choice?.components[0];
  if (inner) return categoriesOf(inner);
  return density.config().type === "latent-classes" ? density : undefined;
}
