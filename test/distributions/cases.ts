// The base densities that the battery runs over: each type at least once.

import {
  type Distribution,
  laplace,
  logistic,
  mixtureOfGaussians,
  normal,
  studentT,
} from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";

export const distributionCases: Readonly<Record<string, (dim: number) => Distribution>> = {
  normal: (dim) => normal({ dim }),
  laplace: (dim) => laplace({ dim }),
  logistic: (dim) => logistic({ dim }),
  "Student-t": (dim) => studentT({ dim }),
  "Student-t, heavy tails": (dim) => studentT({ dim, degreesOfFreedom: 1.5 }),
  "mixture of Gaussians": (dim) => mixtureOfGaussians({ dim, random: new Random(3) }),
  "mixture of Gaussians, one component": (dim) => mixtureOfGaussians({ dim, components: 1 }),
  "mixture of Gaussians, many": (dim) => mixtureOfGaussians({ dim, components: 7, random: new Random(4) }),
};
