// Dense flows: the recipes that are trained by relative gradients.

import {
  type AffineMap,
  type Bijection,
  beside,
  type ColumnTransform,
  type Config,
  chain,
  columnTransforms,
  conditionalAffine,
  type DenseLayer,
  denseLayers,
  leakyTanh,
  mixtureOfLogistics,
  quantileKnots,
  rationalQuadraticSpline,
  smoothLeakyRelu,
  standardization,
  sumOfTanh,
  throughKnots,
  throughTransforms,
} from "../bijections/index.js";
import {
  blockStarts,
  buildDistribution,
  type Distribution,
  factorized,
  mixture,
  transformed,
} from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import { categoryEffects, withoutEffects } from "./categories.js";
import { clusterMaps } from "./clusters.js";
import { Flow } from "./flow.js";

/** Element-wise maps that may stand between dense layers. */
export const activations = [
  "spline",
  "smooth-leaky-relu",
  "leaky-tanh",
  "sum-of-tanh",
  "mixture-of-logistics",
  "mixture-of-logistics-logit",
] as const;
export type Activation = (typeof activations)[number];

/** Evidence for the common mean, in rows, that the means of categories are drawn to it with where a net starts. */
const firstEvidence = 30;

export interface DenseFlowOptions {
  /** Number of numeric columns, D. */
  dim: number;
  /** Number of dense layers. */
  layers: number;
  activation: Activation;
  /** The base density: a type, or its configuration without the dimension. See distributions. */
  base: string | Config;
  /** Whether a spline a column stands in front of the first dense layer. */
  front: boolean;
  /** How the dense layers' matrices are held: what the Jacobian estimator asks for. Default: as they are. */
  layer?: DenseLayer;
  /** Pieces of every spline between dense layers. */
  bins?: number;
  /** Pieces of the splines in front: as many as the columns have details. Default: `bins`. */
  frontBins?: number;
  /** Dense nets side by side whose densities are mixed; they share the front. Default: one, no mixture. */
  components?: number;
  /** Fixed curves that columns go through first, for bounds and heavy tails; one a column. Default: none. */
  transforms?: readonly ColumnTransform[] | undefined;
  /** The distribution of what stands behind the D columns in each row, and what they depend on. Default: nothing. */
  categories?: Distribution | undefined;
  /** Slots of each block of categories: with them and a sample, the net starts from each category's means. */
  sizes?: readonly number[] | undefined;
  /** Hidden units by which several columns of categories act together: see conditionalAffine. Default: 0. */
  interactions?: number | undefined;
  /** Standardised rows, row-major, as wide as the flow, whose quantiles the front spline starts from. */
  sample?: Float32Array | Float64Array;
  random?: Random;
}

/**
 * [curve a column →] [spline a column →] [W, b → activation] × (layers − 1) → W, b → base.
 *
 * Nothing constrains the Jacobian; W starts near the identity. With several components, so many nets stand behind the
 * front, and their densities are mixed with learned weights: exact still, and each net may know its own part of the
 * data. Given a sample, they start as the maps that make the groups of its rows round.
 *
 * With `categories`, a distribution over M coordinates e, rows are [x | e], [batch, D + M], and the density is
 * p(e) p(x | e): before every W, and after the last, the columns are shifted and scaled by learned functions of e.
 *
 * @see Gresele et al., NeurIPS 2020, for the dense layers; Durkan et al., NeurIPS 2019, for the splines
 * @example const flow = denseFlow({ dim: 8, layers: 4, activation: "spline", base: "mixture-of-gaussians", front: true })
 */
export function denseFlow({
  dim,
  layers,
  activation,
  base,
  front,
  layer: held = "linear",
  bins = 8,
  frontBins = bins,
  components = 1,
  transforms,
  categories,
  sizes,
  interactions,
  sample: rows,
  random = new Random(0),
}: DenseFlowOptions): Flow {
  const between = (random: Random): Bijection => {
    if (activation === "spline") return rationalQuadraticSpline({ dim, bins });
    if (activation === "smooth-leaky-relu") return smoothLeakyRelu({ dim });
    if (activation === "leaky-tanh") return leakyTanh({ dim });
    if (activation === "sum-of-tanh") return sumOfTanh({ dim, random });
    if (activation === "mixture-of-logistics") return mixtureOfLogistics({ dim, link: "probit", random });
    if (activation === "mixture-of-logistics-logit")
      return mixtureOfLogistics({ dim, link: "logit", random });
    throw new LogdetError("usage", `there is no activation named ${activation}`, {
      hint: `Choose one of ${activations.join(", ")}.`,
    });
  };
  const extra = categories?.dim ?? 0;
  const own = rows && firstColumns(rows, dim, dim + extra);
  const isCurved = transforms?.some(({ type }) => type !== "identity") ?? false;
  const sample = own && isCurved && transforms ? throughTransforms(own, transforms) : own;
  const knots = front && sample ? quantileKnots(sample, dim, { bins: frontBins }) : undefined;
  const inFront: Bijection[] = [
    ...(isCurved && transforms ? [columnTransforms({ dim, transforms, sample: own })] : []),
    ...(front ? [rationalQuadraticSpline({ dim, bins: frontBins, knots })] : []),
  ];
  const seen = sample && (knots ? throughKnots(sample, knots) : sample);
  const seenWithGiven = seen && sizes && rows ? withFirst(rows, seen, dim) : undefined;
  const effects =
    seenWithGiven && sizes && categoryEffects(seenWithGiven, dim, blockStarts(sizes), firstEvidence);
  const given = (seeds: Random, layer: number): Bijection[] =>
    extra > 0
      ? [
          conditionalAffine({
            dim,
            given: extra,
            hidden: interactions,
            ...(layer === 0 && effects && { shift: effects.map((value) => -value) }),
            random: seeds.split(`given ${layer}`),
          }),
        ]
      : [];
  const net = (seeds: Random, start?: AffineMap): Bijection[] => [
    ...Array.from({ length: layers }, (_, layer) => [
      ...(layer > 0 ? [between(seeds.split(`activation ${layer}`))] : []),
      ...given(seeds, layer),
      denseLayers[held]({
        dim,
        random: seeds.split(`layer ${layer}`),
        ...(layer === 0 && start && { start }),
      }),
    ]).flat(),
    ...given(seeds, layers),
  ];
  const baseOf = (seeds: Random): Distribution =>
    buildDistribution({ ...(typeof base === "string" ? { type: base } : base), dim }, seeds.split("base"));
  const whole = (bijection: Bijection, base: Distribution): Flow =>
    categories
      ? new Flow(beside({ inner: bijection, extra }), factorized({ conditional: base, categories }))
      : new Flow(bijection, base);
  if (components === 1) return whole(chain([...inFront, ...net(random)]), baseOf(random));

  const apart = seenWithGiven && effects ? withoutEffects(seenWithGiven, dim, effects) : seen;
  const starts = apart && clusterMaps(apart, dim, components, random);
  const mixed = mixture({
    components: Array.from({ length: components }, (_, k) => {
      const seeds = random.split(`component ${k}`);
      return transformed({ bijection: chain(net(seeds, starts?.[k])), base: baseOf(seeds) });
    }),
  });
  return whole(chain(inFront.length > 0 ? inFront : [nothing(dim)]), mixed);
}

/** The identity, where a mixture has no front. */
const nothing = (dim: number): Bijection =>
  standardization({ dim, center: new Float64Array(dim), scale: new Float64Array(dim).fill(1) });

/** Rows with other numbers in their first D columns. */
function withFirst(
  rows: Float32Array | Float64Array,
  first: Float32Array | Float64Array,
  dim: number,
): Float64Array {
  const width = (rows.length * dim) / first.length;
  return Float64Array.from(rows, (value, i) =>
    i % width < dim ? first[Math.floor(i / width) * dim + (i % width)] : value,
  );
}

/** The first D of W columns. */
function firstColumns<T extends Float32Array | Float64Array>(rows: T, dim: number, width: number): T {
  return dim === width ? rows : (rows.filter((_, i) => i % width < dim) as T);
}
