// The base densities by type: how a saved configuration becomes a distribution again, and what the tests run over.

import { z } from "zod";
import type { Config } from "../bijections/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";
import type { Distribution } from "./distribution.js";
import { laplace } from "./laplace.js";
import { logistic } from "./logistic.js";
import { mixtureOfGaussians } from "./mixture-of-gaussians.js";
import { normal } from "./normal.js";
import { studentT } from "./student-t.js";

interface Entry {
  readonly summary: string;
  /** Builds from a configuration; `random` draws first values, for those that have any. */
  build(config: unknown, random?: Random): Distribution;
}

const dim = z.int().positive().max(65_536);

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

export const distributions: Readonly<Record<string, Entry>> = {
  normal: entry("standard normal", z.strictObject({ dim }), (options) => normal(options)),
  laplace: entry("Laplace of scale 1", z.strictObject({ dim }), (options) => laplace(options)),
  logistic: entry("standard logistic", z.strictObject({ dim }), (options) => logistic(options)),
  "student-t": entry(
    "Student-t, degrees of freedom learned per column",
    z.strictObject({ dim, degreesOfFreedom: z.number().gt(0.01).optional() }),
    (options) => studentT(options),
  ),
  "mixture-of-gaussians": entry(
    "a learned mixture of Gaussians per column",
    z.strictObject({ dim, components: z.int().positive().max(1000).optional() }),
    (options, random) => mixtureOfGaussians({ ...options, random }),
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
  if (typeof type !== "string" || !Object.hasOwn(distributions, type))
    throw new LogdetError("model", `there is no base distribution of type ${JSON.stringify(type)}`, {
      where: ["base"],
      hint: `Known types: ${Object.keys(distributions).join(", ")}. A newer logdet may know more.`,
    });
  return distributions[type].build(config, random);
}
