// The bijections that the battery runs over: each type at least once, and options near the edge of what is allowed.

import {
  type Bijection,
  beside,
  type ColumnTransform,
  chain,
  columnTransforms,
  conditionalAffine,
  gdn,
  leakyTanh,
  linear,
  luLinear,
  mixtureOfLogistics,
  rankOneLinear,
  rationalQuadraticSpline,
  reversed,
  selfNormalizingLinear,
  smoothLeakyRelu,
  standardization,
  sumOfTanh,
} from "../../src/bijections/index.js";
import { Random } from "../../src/random/index.js";

function randomStandardization(dim: number): Bijection {
  const random = new Random(7);
  const scale = Float64Array.from({ length: dim }, (_, i) => (i % 2 ? -1 : 1) * Math.exp(random.normal()));
  return standardization({ dim, center: random.fillNormal(new Float64Array(dim), 2), scale });
}

const randomLinear = (dim: number, seed = 3) => linear({ dim, noise: 0.1, random: new Random(seed) });

/** Every kind of curve in turn, and values that leave gentle lines beyond the bounds. */
function everyTransform(dim: number): Bijection {
  const kinds: readonly ColumnTransform[] = [
    { type: "log", bound: -4 },
    { type: "logit", lower: -5, upper: 6 },
    { type: "asinh", width: 0.7 },
    { type: "log-below", bound: 5 },
    { type: "identity" },
  ];
  const transforms = Array.from({ length: dim }, (_, i) => kinds[i % kinds.length]);
  const sample = Float64Array.from({ length: 9 * dim }, (_, i) => Math.floor(i / dim) / 2 - 2);
  return columnTransforms({ dim, transforms, sample });
}

/** Half of the columns are mapped given the other half, as far as there are two. */
function conditional(dim: number, hidden: number): Bijection {
  const extra = Math.floor(dim / 2);
  const own = dim - extra;
  const affine = conditionalAffine({ dim: own, given: Math.max(1, extra), hidden, random: new Random(6) });
  return beside({ inner: extra > 0 ? affine : randomLinear(own), extra });
}

export const bijectionCases: Readonly<Record<string, (dim: number) => Bijection>> = {
  linear: (dim) => randomLinear(dim),
  "LU linear": (dim) => luLinear({ dim, noise: 0.1, random: new Random(3) }),
  "LU linear, rows in another order": (dim) =>
    luLinear({ dim, noise: 0.1, permutation: [...new Random(4).permutation(dim)] }),
  "rank-one linear": (dim) => rankOneLinear({ dim, noise: 0.1, random: new Random(3) }),
  "self-normalizing linear": (dim) => selfNormalizingLinear({ dim, noise: 0.1, random: new Random(3) }),
  "smooth leaky ReLU": (dim) => smoothLeakyRelu({ dim }),
  "smooth leaky ReLU, nearly flat": (dim) => smoothLeakyRelu({ dim, alpha: 0.01 }),
  "smooth leaky ReLU, straight": (dim) => smoothLeakyRelu({ dim, alpha: 1 }),
  "leaky tanh": (dim) => leakyTanh({ dim }),
  "leaky tanh, steep and nearly flat": (dim) => leakyTanh({ dim, alpha: 4, beta: 0.02 }),
  "sum of tanh": (dim) => sumOfTanh({ dim, random: new Random(8) }),
  "sum of tanh, one unit": (dim) => sumOfTanh({ dim, units: 1 }),
  "mixture of logistics, probit": (dim) => mixtureOfLogistics({ dim, random: new Random(9) }),
  "mixture of logistics, logit": (dim) => mixtureOfLogistics({ dim, link: "logit", random: new Random(9) }),
  "mixture of logistics, one component": (dim) => mixtureOfLogistics({ dim, components: 1 }),
  "column transforms": everyTransform,
  "conditional affine beside what is given": (dim) => conditional(dim, 0),
  "conditional affine with a hidden layer": (dim) => conditional(dim, 3),
  GDN: (dim) => gdn({ dim }),
  "GDN, both exponents fixed": (dim) => gdn({ dim, alpha: 1.5, epsilon: 0.4 }),
  "GDN, inverse by fixed point": (dim) => gdn({ dim, inverse: "fixed-point" }),
  standardization: randomStandardization,
  "rational-quadratic spline": (dim) => rationalQuadraticSpline({ dim, bins: 6, bound: 3 }),
  chain: (dim) =>
    chain([
      randomStandardization(dim),
      rationalQuadraticSpline({ dim, bins: 4 }),
      randomLinear(dim, 4),
      smoothLeakyRelu({ dim }),
      randomLinear(dim, 5),
      leakyTanh({ dim, beta: 0.3 }),
    ]),
  reversed: (dim) =>
    reversed(chain([randomLinear(dim, 4), rationalQuadraticSpline({ dim, bins: 4 }), randomLinear(dim, 5)])),
};
