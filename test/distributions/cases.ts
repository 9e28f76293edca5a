// The base densities that the battery runs over: each type at least once.

import {
  cauchy,
  claytonCopula,
  type Distribution,
  exponential,
  frankCopula,
  gaussianCopula,
  gaussianMixture,
  generalizedNormal,
  gumbelCopula,
  laplace,
  logistic,
  mixtureOfGaussians,
  normal,
  studentT,
  studentTCopula,
  uniform,
} from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import type { Support } from "../bijections/support.js";

/** Columns that do not depend on each other. */
export const distributionCases: Readonly<Record<string, (dim: number) => Distribution>> = {
  normal: (dim) => normal({ dim }),
  laplace: (dim) => laplace({ dim }),
  logistic: (dim) => logistic({ dim }),
  "Student-t": (dim) => studentT({ dim }),
  "Student-t, heavy tails": (dim) => studentT({ dim, degreesOfFreedom: 1.5 }),
  cauchy: (dim) => cauchy({ dim }),
  uniform: (dim) => uniform({ dim }),
  exponential: (dim) => exponential({ dim }),
  "generalized normal": (dim) => generalizedNormal({ dim }),
  "generalized normal, heavier tails": (dim) => generalizedNormal({ dim, power: 1.4 }),
  "generalized normal, nearly uniform": (dim) => generalizedNormal({ dim, power: 5 }),
  "mixture of Gaussians": (dim) => mixtureOfGaussians({ dim, random: new Random(3) }),
  "mixture of Gaussians, one component": (dim) => mixtureOfGaussians({ dim, components: 1 }),
  "mixture of Gaussians, many": (dim) => mixtureOfGaussians({ dim, components: 7, random: new Random(4) }),
};

/** Where densities that are not positive everywhere are. */
export const supports: Readonly<Record<string, Support>> = { uniform: "interval", exponential: "half-line" };

/** Columns that depend on each other. */
export const dependentCases: Readonly<Record<string, (dim: number) => Distribution>> = {
  "Gaussian mixture": (dim) => gaussianMixture({ dim, components: 3, random: new Random(5) }),
  "Gaussian mixture, one component": (dim) => gaussianMixture({ dim, components: 1 }),
  "Gaussian copula": (dim) => gaussianCopula({ dim }),
  "Gaussian copula, Student-t margins": (dim) => gaussianCopula({ dim, margin: { type: "student-t" } }),
  "Student-t copula": (dim) => studentTCopula({ dim }),
  "Student-t copula, fixed, Laplace margins": (dim) =>
    studentTCopula({ dim, degreesOfFreedom: 2, learned: false, margin: { type: "laplace" } }),
  "Gumbel copula": (dim) => gumbelCopula({ dim }),
  "Gumbel copula, Student-t margins": (dim) =>
    gumbelCopula({ dim, margin: { type: "student-t", degreesOfFreedom: 3, learned: false } }),
  "Clayton copula": (dim) => claytonCopula({ dim }),
  "Clayton copula, logistic margins": (dim) => claytonCopula({ dim, margin: { type: "logistic" } }),
  "Frank copula": (dim) => frankCopula({ dim }),
  "Frank copula, Cauchy margins": (dim) => frankCopula({ dim, margin: { type: "cauchy" } }),
};
