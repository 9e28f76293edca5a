export { cauchy } from "./cauchy.js";
export { claytonCopula } from "./clayton-copula.js";
export type { CopulaOptions } from "./copula.js";
export type { Choice, Distribution, Factors, Noise, NoiseColumns } from "./distribution.js";
export { exponential } from "./exponential.js";
export { factorized } from "./factorized.js";
export { frankCopula } from "./frank-copula.js";
export { gaussianCopula } from "./gaussian-copula.js";
export { type GaussianMixtureOptions, gaussianMixture } from "./gaussian-mixture.js";
export { type GeneralizedNormalOptions, generalizedNormal } from "./generalized-normal.js";
export { gumbelCopula } from "./gumbel-copula.js";
export { laplace } from "./laplace.js";
export { type FitLatentClassesOptions, fitLatentClasses, type LatentClassFit } from "./latent-class-em.js";
export {
  type Allowed,
  allowedLogProb,
  drawSlots,
  type LatentClassTable,
  slotProbabilities,
} from "./latent-class-queries.js";
export { blockStarts, type LatentClassesOptions, latentClasses } from "./latent-classes.js";
export { logistic } from "./logistic.js";
export type { MarginOptions } from "./margins.js";
export { type MixtureOptions, mixture } from "./mixture.js";
export { type MixtureOfGaussiansOptions, mixtureOfGaussians } from "./mixture-of-gaussians.js";
export { normal } from "./normal.js";
export { type StudentTOptions, studentT } from "./student-t.js";
export { type StudentTCopulaOptions, studentTCopula } from "./student-t-copula.js";
export { buildDistribution, distributions } from "./table.js";
export { type TransformedOptions, transformed } from "./transformed.js";
export { uniform } from "./uniform.js";
