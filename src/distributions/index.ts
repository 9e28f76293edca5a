export type { Distribution, Noise, NoiseColumns } from "./distribution.js";
export { laplace } from "./laplace.js";
export { logistic } from "./logistic.js";
export { type MixtureOfGaussiansOptions, mixtureOfGaussians } from "./mixture-of-gaussians.js";
export { normal } from "./normal.js";
export { type StudentTOptions, studentT } from "./student-t.js";
export { buildDistribution, distributions } from "./table.js";
