// A learned distribution function a column, sent through a quantile function: what makes a column normal by itself.

import { LogdetError } from "../errors.js";
import { Random } from "../random/index.js";
import {
  add,
  div,
  exp,
  greater,
  greaterOrEqual,
  log,
  log1p,
  logSoftmax,
  logSumExp,
  max,
  min,
  mul,
  neg,
  parameter,
  reshape,
  sigmoid,
  softplus,
  sub,
  sum,
  type Tensor,
  where,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
import { logMillsRatio, logNormalTail, normalTailQuantile } from "./normal-tail.js";
import { normalProbability, quantileKnots } from "./quantile-knots.js";

/** The quantile function behind the mixture: the normal's, or the logistic's scaled to variance 1. */
export const links = ["probit", "logit"] as const;
export type Link = (typeof links)[number];

export interface MixtureOfLogisticsOptions {
  /** Number of columns, D. */
  dim: number;
  /** Logistics a column, K. */
  components?: number;
  link?: Link;
  /** Standardised rows, row-major [rows, D], whose quantiles the mixtures start from. */
  sample?: Float32Array | Float64Array;
  /** Draws the first centres' noise. */
  random?: Random;
}

/** No component is narrower: the inverse stays tame. */
const smallest = 1e-3;
/** Noise on the first centres, so that no two columns start alike. */
const centerNoise = 0.05;
/** Scale of a logistic of variance 1. */
const unitScale = Math.sqrt(3) / Math.PI;
/** Steps of the inverse: what 10⁵ mixtures and values needed at most, with up to 20 components and |y| <= 1e4. */
const steps = 30;

/** A quantile function on its upper half, q >= 0, in terms of the tail's log-probability beyond q. */
interface Quantile {
  /** The q that has this tail, and log(−dq/dlogTail) there. */
  of(logTail: Tensor): { q: Tensor; logSlope: Tensor };
  /** The way back. */
  tailBeyond(q: Tensor): { logTail: Tensor; logSlope: Tensor };
}

/** log(1 − p) from log p <= −log 2. */
const complement = (logTail: Tensor) => log1p(neg(exp(logTail)));

const quantiles: Readonly<Record<Link, Quantile>> = {
  probit: {
    of(logTail) {
      const { q, logMills } = normalTailQuantile(logTail);
      return { q, logSlope: logMills };
    },
    tailBeyond: (q) => ({ logTail: logNormalTail(q), logSlope: logMillsRatio(q) }),
  },
  logit: {
    of(logTail) {
      const logRest = complement(logTail);
      return { q: mul(unitScale, sub(logRest, logTail)), logSlope: sub(Math.log(unitScale), logRest) };
    },
    tailBeyond(q) {
      const logTail = neg(softplus(mul(1 / unitScale, q)));
      return { logTail, logSlope: sub(Math.log(unitScale), complement(logTail)) };
    },
  },
};

/**
 * The distribution function of a mixture of K logistics, learned for each column, and a quantile function behind it.
 *
 *   F(x) = Σ_j π_j sigmoid((x − μ_j) / s_j),   π = softmax(logits),   s = 0.001 + exp(logScale)
 *   probit: y = Φ⁻¹(F(x));   logit: y = (√3/π) (log F(x) − log(1 − F(x)))
 *   log|dy/dx| = log F'(x) − log q(y),   q the density whose distribution function is undone
 *
 * x, y: [batch, D]; logDet: [batch], nats. Cost O(batch · D · K). Parameters logits, center, logScale: [D, K]. All is
 * computed in logarithms of the nearer tail, so that nothing rounds to 0 or 1: far out y grows like x under the logit,
 * like √x under the probit. It starts near the identity, or, given a sample, near the map that makes each column
 * normal. The inverse is found by guarded Newton steps between the components' own roots.
 *
 * @throws LogdetError "usage" if components is not a whole number from 1, or there is no such link.
 * @see Meng et al., "Gaussianization flows", AISTATS 2020, for the probit; Ho et al., "Flow++", ICML 2019, for the
 * logit
 * @example const curves = mixtureOfLogistics({ dim: 8, components: 5, link: "logit", random: new Random(1) })
 */
export function mixtureOfLogistics({
  dim,
  components = 5,
  link = "probit",
  sample,
  random = new Random(0),
}: MixtureOfLogisticsOptions): Bijection {
  if (!Number.isInteger(components) || components < 1)
    throw new LogdetError(
      "usage",
      `mixture of logistics: components must be a whole number from 1, got ${components}`,
    );
  if (!links.includes(link))
    throw new LogdetError("usage", `mixture of logistics: there is no link named ${link}`, {
      hint: `Choose one of ${links.join(", ")}.`,
    });
  const start = sample ? sampleStart(sample, dim, components) : identityStart(dim, components, random);
  const shape = [dim, components];
  const logits = parameter(shape, start.weight.map(Math.log));
  const center = parameter(shape, start.center);
  const logScale = parameter(
    shape,
    start.scale.map((value) => Math.log(Math.max(value - smallest, smallest / 10))),
  );
  const scale = add(exp(logScale), smallest);
  const logWeight = logSoftmax(logits, 1);
  const quantile = quantiles[link];

  /** Columns [batch, D] beside components [D, K]. */
  const perComponent = (x: Tensor) => reshape(x, ["batch", dim, 1]);

  /**
   * The tail above x where the components stand at `centers`, [batch, D, K]: its log-probability, and the logarithm
   * of its hazard F' / (1 − F).
   */
  const tailAbove = (x: Tensor, centers: Tensor) => {
    const v = div(sub(perComponent(x), centers), scale);
    const above = softplus(v);
    const terms = sub(logWeight, above);
    // Each component's share of the tail, times its own hazard sigmoid(v) / s: no difference of large logarithms.
    const logHazards = sub(add(logSoftmax(terms, 2), sub(v, above)), log(scale));
    return { logTail: logSumExp(terms, 2), logHazard: logSumExp(logHazards, 2) };
  };

  // The lower half of the line is the upper one in a mirror: `side`, [batch, D], is −1 there and 1 above.
  const mirror = (side: Tensor) => mul(perComponent(side), center);

  return {
    dim,
    columnwise: true,
    parameters: { logits, center, logScale },
    forward(x) {
      const below = sum(mul(exp(logWeight), sigmoid(div(sub(perComponent(x), center), scale))), 2);
      const side = where(greater(below, 0.5), 1, -1);
      const { logTail, logHazard } = tailAbove(mul(side, x), mirror(side));
      const { q, logSlope } = quantile.of(logTail);
      return { y: mul(side, q), logDet: sum(add(logHazard, logSlope), 1) };
    },
    inverse(y) {
      const side = where(greaterOrEqual(y, 0), 1, -1);
      const { logTail, logSlope } = quantile.tailBeyond(mul(side, y));
      const centers = mirror(side);
      const forward: MonotoneFunction = (x) => {
        const { logTail, logHazard } = tailAbove(x, centers);
        return { y: neg(logTail), derivative: exp(logHazard) };
      };
      // Where each component alone would have this tail: the mixture's root lies between the outermost of them.
      const logOdds = sub(complement(logTail), logTail);
      const roots = add(centers, mul(scale, perComponent(logOdds)));
      const [low, high] = [min(roots, 2), max(roots, 2)];
      const found = invertMonotone({ forward, y: neg(logTail), low, high, steps, halving: true });
      const { logHazard } = tailAbove(found, centers);
      return { x: mul(side, found), logDet: neg(sum(add(logHazard, logSlope), 1)) };
    },
    config: () => ({ type: "mixture-of-logistics", dim, components, link }),
  };
}

/** First weights, centres and scales of all columns' components, [D, K] each. */
interface Start {
  readonly weight: Float64Array;
  readonly center: Float64Array;
  readonly scale: Float64Array;
}

/** Equal components around 0, with variance 1 together. */
function identityStart(dim: number, components: number, random: Random): Start {
  const even = Float64Array.from({ length: components }, (_, j) =>
    components > 1 ? 0.8 * ((2 * j) / (components - 1) - 1) : 0,
  );
  const spread = even.reduce((total, at) => total + at * at, 0) / components;
  const size = dim * components;
  return {
    weight: new Float64Array(size).fill(1 / components),
    center: Float64Array.from(
      { length: size },
      (_, i) => even[i % components] + centerNoise * random.normal(),
    ),
    scale: new Float64Array(size).fill(unitScale * Math.sqrt(1 - spread)),
  };
}

/**
 * Components at a normal's evenly spaced quantiles, weighted by the normal's mass around them and a little wider than
 * half their distance; all drawn together so far that a normal sample would get variance 1.
 */
function sampleStart(sample: Float32Array | Float64Array, dim: number, components: number): Start {
  const [reach, overlap] = [2.5, 0.6];
  const step = (2 * reach) / (components + 1);
  const at = Float64Array.from({ length: components }, (_, j) => (j + 1) * step - reach);
  const edge = (j: number) => (j <= 0 ? 0 : j >= components ? 1 : normalProbability(at[j] - step / 2));
  const weight = at.map((_, j) => edge(j + 1) - edge(j));
  const spread = at.reduce((total, y, j) => total + weight[j] * y * y, 0);
  const shrink = 1 / Math.sqrt(spread + (overlap * step) ** 2);
  const knots = quantileKnots(sample, dim, { bins: components + 1, reach: shrink * reach, even: true });
  const perComponent = (value: (column: number, j: number) => number) =>
    Float64Array.from({ length: dim * components }, (_, i) =>
      value(Math.floor(i / components), i % components),
    );
  return {
    weight: perComponent((_, j) => weight[j]),
    center: perComponent((column, j) => knots[column].x[j + 1]),
    scale: perComponent((column, j) => (unitScale * overlap * shrink * step) / knots[column].slope[j + 1]),
  };
}
