// The base densities by type: how a saved configuration becomes a distribution again, and what the tests run over.

import { z } from "zod";
import type { Config } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import { cauchy } from "./cauchy.js";
import { claytonCopula } from "./clayton-copula.js";
import type { Distribution } from "./distribution.js";
import { exponential } from "./exponential.js";
import { factorized } from "./factorized.js";
import { frankCopula } from "./frank-copula.js";
import { gaussianCopula } from "./gaussian-copula.js";
import { gaussianMixture } from "./gaussian-mixture.js";
import { generalizedNormal } from "./generalized-normal.js";
import { gumbelCopula } from "./gumbel-copula.js";
import { laplace } from "./laplace.js";
import { latentClasses } from "./latent-classes.js";
import { logistic } from "./logistic.js";
import { marginSchema } from "./margins.js";
import { mixture } from "./mixture.js";
import { mixtureOfGaussians } from "./mixture-of-gaussians.js";
import { normal } from "./normal.js";
import { studentT } from "./student-t.js";
import { studentTCopula } from "./student-t-copula.js";
import { buildTransformed } from "./transformed.js";
import { uniform } from "./uniform.js";

interface Entry {
  readonly summary: string;
  /** Builds from a configuration; `random` draws first values, for those that have any. */
  build(config: unknown, random?: Random): Distribution;
}

const dim = z.int().positive().max(65_536);

/** What every copula base can be told. */
const copula = z.strictObject({ dim, margin: marginSchema.optional() });

const part = z.looseObject({ type: z.string() });

function entry<S extends z.ZodType>(
  summary: string,
  schema: S,
  make: (options: z.infer<S>, random?: Random) => Distribution,
): Entry {
  return {
    summary,
    build(config, random) {
      const { type, ...options } = config as Config;
      const parsed = schema.safeParse(options);
      if (!parsed.success)
        throw new LogdetError("model", `the configuration does not fit: ${z.prettifyError(parsed.error)}`, {
          where: ["base", type],
        });
      return make(parsed.data, random);
    },
  };
}

/** Bases that need to know nothing but their dimension: what --base offers. */
export const distributions: Readonly<Record<string, Entry>> = {
  normal: entry("standard normal", z.strictObject({ dim }), (options) => normal(options)),
  laplace: entry("Laplace of scale 1", z.strictObject({ dim }), (options) => laplace(options)),
  logistic: entry("standard logistic", z.strictObject({ dim }), (options) => logistic(options)),
  "student-t": entry(
    "Student-t, degrees of freedom learned per column",
    z.strictObject({ dim, degreesOfFreedom: z.number().gt(0.01).optional() }),
    (options) => studentT(options),
  ),
  cauchy: entry("standard Cauchy", z.strictObject({ dim }), (options) => cauchy(options)),
  uniform: entry("uniform on the unit box", z.strictObject({ dim }), (options) => uniform(options)),
  exponential: entry("exponential of rate 1, on positive numbers", z.strictObject({ dim }), (options) =>
    exponential(options),
  ),
  "generalized-normal": entry(
    "exp(−|z|^β), the exponent learned per column",
    z.strictObject({ dim, power: z.number().gt(0.25).optional() }),
    (options) => generalizedNormal(options),
  ),
  "gaussian-mixture": entry(
    "a learned mixture of Gaussians over whole rows, full covariances",
    z.strictObject({ dim, components: z.int().positive().max(1000).optional() }),
    (options, random) => gaussianMixture({ ...options, random }),
  ),
  "mixture-of-gaussians": entry(
    "a learned mixture of Gaussians per column",
    z.strictObject({ dim, components: z.int().positive().max(1000).optional() }),
    (options, random) => mixtureOfGaussians({ ...options, random }),
  ),
  "gaussian-copula": entry("correlated columns of any margin", copula, (options) => gaussianCopula(options)),
  "student-t-copula": entry(
    "correlated columns whose extremes come together",
    copula.extend({
      degreesOfFreedom: z.number().gt(0.1).max(1e4).optional(),
      learned: z.boolean().optional(),
    }),
    (options) => studentTCopula(options),
  ),
  "gumbel-copula": entry("a tree of columns whose large values come together", copula, (options) =>
    gumbelCopula(options),
  ),
  "clayton-copula": entry("a tree of columns whose small values come together", copula, (options) =>
    claytonCopula(options),
  ),
  "frank-copula": entry("a tree of columns that depend in the middle only", copula, (options) =>
    frankCopula(options),
  ),
};

/** Densities made of others, and what they are made of beside the bases. */
const compositions: Readonly<Record<string, Entry>> = {
  mixture: entry(
    "a mixture of whole densities",
    z.strictObject({ components: z.array(part).min(1).max(1000), learned: z.boolean().optional() }),
    ({ components, learned }, random) =>
      mixture({ components: components.map((component) => buildDistribution(component, random)), learned }),
  ),
  transformed: entry(
    "a density seen through a bijection",
    z.strictObject({ bijection: part, base: part }),
    (options, random) => buildTransformed(options, (base) => buildDistribution(base, random)),
  ),
  factorized: entry(
    "categories, and numbers given them",
    z.strictObject({ conditional: part, categories: part }),
    ({ conditional, categories }, random) =>
      factorized({
        conditional: buildDistribution(conditional, random),
        categories: buildDistribution(categories, random),
      }),
  ),
  "latent-classes": entry(
    "categories that depend through hidden classes",
    z
      .strictObject({
        sizes: z.array(dim).min(1).max(65_536),
        classes: z.int().positive().max(1000),
        withheld: z.array(z.int().nonnegative()).max(65_536).optional(),
      })
      .refine(({ sizes }) => sizes.reduce((total, size) => total + size, 0) <= 65_536, {
        message: "there are more than 65,536 slots",
        path: ["sizes"],
      }),
    (options) => latentClasses(options),
  ),
};

/**
 * The base density that a configuration describes.
 *
 * @throws LogdetError "model" if the type is unknown or an option does not fit; `where` and the message name it.
 * @example const base = buildDistribution({ type: "mixture-of-gaussians", dim: 8, components: 3 })
 */
export function buildDistribution(config: unknown, random?: Random): Distribution {
  const type = (config as Config | null | undefined)?.type;
  const known = { ...distributions, ...compositions };
  if (typeof type !== "string" || !Object.hasOwn(known, type))
    throw new LogdetError("model", `there is no base distribution of type ${JSON.stringify(type)}`, {
      where: ["base"],
      hint: `Known types: ${Object.keys(known).join(", ")}. A newer logdet may know more.`,
    });
  return known[type].build(config, random);
}
