// The bijections by type: how a saved configuration becomes a bijection again, and what the tests run over.

import { z } from "zod";
import { LogdetError } from "../errors.js";
import { beside } from "./beside.js";
import type { Bijection, Config } from "./bijection.js";
import { chain } from "./chain.js";
import { columnTransforms } from "./column-transforms.js";
import { conditionalAffine } from "./conditional-affine.js";
import { gdn } from "./gdn.js";
import { leakyTanh } from "./leaky-tanh.js";
import { linear } from "./linear.js";
import { isPermutation, luLinear } from "./lu-linear.js";
import { links, mixtureOfLogistics } from "./mixture-of-logistics.js";
import { rankOneLinear } from "./rank-one-linear.js";
import { rationalQuadraticSpline } from "./rational-quadratic-spline.js";
import { reversed } from "./reversed.js";
import { selfNormalizingLinear } from "./self-normalizing-linear.js";
import { smoothLeakyRelu } from "./smooth-leaky-relu.js";
import { standardization } from "./standardization.js";
import { sumOfTanh } from "./sum-of-tanh.js";

interface Entry {
  readonly summary: string;
  /** Builds from a configuration; parameters' values are then read from the model's tensors. */
  build(config: unknown, path: readonly string[]): Bijection;
}

const dim = z.int().positive().max(65_536);
const positive = z.number().positive().finite();
const number = z.number().refine(Number.isFinite);
const columnTransform = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("identity") }),
  z.strictObject({ type: z.literal("log"), bound: number }),
  z.strictObject({ type: z.literal("log-below"), bound: number }),
  z.strictObject({ type: z.literal("logit"), lower: number, upper: number }),
  z.strictObject({ type: z.literal("asinh"), width: positive }),
]);

function entry<S extends z.ZodType>(
  summary: string,
  schema: S,
  make: (options: z.infer<S>, path: readonly string[]) => Bijection,
): Entry {
  return {
    summary,
    build(config, path) {
      const { type: _, ...options } = config as Config;
      const parsed = schema.safeParse(options);
      if (!parsed.success)
        throw new LogdetError("model", `the configuration does not fit: ${z.prettifyError(parsed.error)}`, {
          where: path,
        });
      return make(parsed.data, path);
    },
  };
}

export const bijections: Readonly<Record<string, Entry>> = {
  linear: entry("dense layer y = x W + b, no constraint", z.strictObject({ dim }), (options) =>
    linear(options),
  ),
  "lu-linear": entry(
    "dense layer y = x P L U + b by its triangular factors",
    z
      .strictObject({ dim, permutation: z.array(z.int().nonnegative()).optional() })
      .refine(({ dim, permutation }) => !permutation || isPermutation(permutation, dim), {
        message: "the permutation must name each row once",
        path: ["permutation"],
      }),
    (options) => luLinear(options),
  ),
  "rank-one-linear": entry("dense layer y = x (A + u v) + b", z.strictObject({ dim }), (options) =>
    rankOneLinear(options),
  ),
  "self-normalizing-linear": entry(
    "dense layer y = x W + b with a learned inverse",
    z.strictObject({ dim, approximateInverse: z.boolean().optional() }),
    (options) => selfNormalizingLinear(options),
  ),
  "rational-quadratic-spline": entry(
    "a learned monotone curve a column, linear tails",
    z.strictObject({ dim, bins: z.int().min(2).max(512) }),
    (options) => rationalQuadraticSpline(options),
  ),
  "smooth-leaky-relu": entry(
    "αx + (1 − α) softplus(x)",
    z.strictObject({ dim, alpha: positive.max(1) }),
    (options) => smoothLeakyRelu(options),
  ),
  "leaky-tanh": entry("tanh(αx) + βx", z.strictObject({ dim, alpha: positive, beta: positive }), (options) =>
    leakyTanh(options),
  ),
  "sum-of-tanh": entry(
    "a straight line and learned smooth steps a column",
    z.strictObject({ dim, units: z.int().positive().max(512) }),
    (options) => sumOfTanh(options),
  ),
  "mixture-of-logistics": entry(
    "a learned distribution function a column, then a normal or logistic quantile function",
    z.strictObject({ dim, components: z.int().positive().max(512), link: z.enum(links) }),
    (options) => mixtureOfLogistics(options),
  ),
  gdn: entry(
    "each column divided by a learned pool of all",
    z.strictObject({
      dim,
      alpha: z.number().min(1).finite(),
      epsilon: z.union([positive.max(1), z.literal("learned")]),
      inverse: z.enum(["newton", "fixed-point"]).optional(),
    }),
    (options) => gdn(options),
  ),
  standardization: entry("(x − center) / scale with fixed numbers", z.strictObject({ dim }), (options) =>
    standardization({
      dim: options.dim,
      center: new Float64Array(options.dim),
      scale: new Float64Array(options.dim).fill(1),
    }),
  ),
  chain: entry(
    "one bijection after another",
    z.strictObject({
      parts: z
        .array(z.looseObject({ type: z.string() }))
        .min(1)
        .max(1000),
    }),
    ({ parts }, path) => chain(parts.map((part, i) => buildBijection(part, [...path, `layer ${i + 1}`]))),
  ),
  "column-transforms": entry(
    "a fixed curve a column: log, logit or asinh; then its centre and scale",
    z
      .strictObject({ dim, transforms: z.array(columnTransform) })
      .refine(({ dim, transforms }) => transforms.length === dim, {
        message: "there must be one transform a column",
        path: ["transforms"],
      }),
    (options) => columnTransforms(options),
  ),
  "conditional-affine": entry(
    "shift and scale of each column as learned functions of what is given",
    z
      .strictObject({ dim, given: dim, hidden: z.int().positive().max(4096).optional() })
      .refine(({ dim, given }) => dim * given <= 1e8, { message: "the table would be too large" }),
    (options) => conditionalAffine(options),
  ),
  beside: entry(
    "a bijection of the first columns beside others that it may depend on",
    z.strictObject({ inner: z.looseObject({ type: z.string() }), extra: z.int().nonnegative().max(65_536) }),
    ({ inner, extra }, path) => beside({ inner: buildBijection(inner, [...path, "inner"]), extra }),
  ),
  reversed: entry(
    "another bijection the other way round",
    z.strictObject({ bijection: z.looseObject({ type: z.string() }) }),
    ({ bijection }, path) => reversed(buildBijection(bijection, [...path, "reversed"])),
  ),
};

/** @throws LogdetError "model" if the type is unknown or an option does not fit; `where` names the layer. */
export function buildBijection(config: unknown, path: readonly string[] = []): Bijection {
  const type = (config as Config | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(bijections, type))
    throw new LogdetError("model", `there is no bijection of type ${JSON.stringify(type)}`, {
      where: path,
      hint: `Known types: ${Object.keys(bijections).join(", ")}. A newer logdet may know more.`,
    });
  return bijections[type].build(config, path);
}
