// A joint density of numbers and categories: that of the categories, times that of the numbers given them.

import { beside } from "../bijections/index.js";
import { add, concat, equal, reshape, slice, type Tensor, where } from "../tensor/index.js";
import type { Choice, Distribution, Factors, Noise, NoiseColumns } from "./distribution.js";
import { prefixed } from "./transformed.js";

/**
 * The density of rows [x | e], x conditional on e.
 *
 *   log p(x, e) = log p(x | e) + log p(e)
 *
 * [x | e]: [batch, D + M], D and M the dimensions of the two factors; log-density: [batch], nats. A draw is a draw of e
 * and then of x given e: its uniforms are those of e, then those of x. Where the conditional density is a mixture, so
 * is this one, and where it is seen through a bijection, so is this one, with e beside. Cost: that of both.
 *
 * @example
 * const sexes = latentClasses({ sizes: [2] })
 * const given = transformed({ bijection: conditionalAffine({ dim: 1, given: 2 }), base: normal({ dim: 1 }) })
 * const base = factorized({ conditional: given, categories: sexes })
 */
export function factorized(factors: Factors): Distribution {
  const { conditional, categories } = factors;
  const { through } = conditional;
  const choice = conditional.choice && distributed(conditional.choice, categories);
  return {
    dim: conditional.dim + categories.dim,
    parameters: {
      ...prefixed("conditional", conditional.parameters),
      ...prefixed("categories", categories.parameters),
    },
    logProb(row) {
      const e = slice(row, 1, conditional.dim);
      return add(conditional.logProb(slice(row, 1, 0, conditional.dim), e), categories.logProb(e));
    },
    ...(choice ? chosenDraw(choice) : pairDraw(factors)),
    ...(choice && { choice }),
    ...(through && {
      through: {
        bijection: beside({ inner: through.bijection, extra: categories.dim }),
        base: factorized({ conditional: through.base, categories }),
      },
    }),
    factors,
    config: () => ({
      type: "factorized",
      conditional: conditional.config(),
      categories: categories.config(),
    }),
  };
}

/** Σ_k π_k p_k(x | e) times p(e) is the mixture of the p_k(x | e) p(e). */
const distributed = (choice: Choice, categories: Distribution): Choice => ({
  ...choice,
  components: choice.components.map((conditional) => factorized({ conditional, categories })),
});

type Draw = Pick<Distribution, "noise" | "sample">;

/** So many columns of noise from these positions on. */
function noiseFrom({ uniform, normal }: Noise, start: NoiseColumns, count: NoiseColumns): Noise {
  const part = (all: Tensor | undefined, from: number, columns: number) =>
    slice(all as Tensor, 1, from, from + columns);
  return {
    ...(count.uniform > 0 && { uniform: part(uniform, start.uniform, count.uniform) }),
    ...(count.normal > 0 && { normal: part(normal, start.normal, count.normal) }),
  };
}

/** e, then x given e. */
function pairDraw({ conditional, categories }: Factors): Draw {
  return {
    noise: {
      uniform: categories.noise.uniform + conditional.noise.uniform,
      normal: categories.noise.normal + conditional.noise.normal,
    },
    sample(noise) {
      const e = categories.sample(noiseFrom(noise, { uniform: 0, normal: 0 }, categories.noise));
      const x = conditional.sample(noiseFrom(noise, categories.noise, conditional.noise), e);
      return concat([x, e], 1);
    },
  };
}

/** A draw of the component that the noise picks: of whole rows, because their e stands in the component's noise. */
function chosenDraw({ components, pick, uniforms }: Choice): Draw {
  const most = (count: (noise: NoiseColumns) => number) =>
    Math.max(...components.map(({ noise }) => count(noise)));
  return {
    noise: { uniform: uniforms + most(({ uniform }) => uniform), normal: most(({ normal }) => normal) },
    sample(noise) {
      const picked = reshape(pick(noise), ["batch", 1]);
      return components
        .map((component) =>
          component.sample(noiseFrom(noise, { uniform: uniforms, normal: 0 }, component.noise)),
        )
        .reduce((drawn, next, k) => where(equal(picked, k), next, drawn));
    },
  };
}
