export type {
  Companion,
  CompanionArena,
  Drift,
  NoiseDraws,
  RunningCompanion,
  StepTaken,
  TrainingProblem,
} from "./companion.js";
export { type DenseTerm, denseTerms } from "./dense-terms.js";
export type { JacobianEstimator, LayerGradient } from "./estimator.js";
export { exact } from "./exact.js";
export { type FreeFormOptions, freeForm } from "./free-form.js";
export { type FreeFormProblem, freeFormLoss, freeFormProbes } from "./free-form-loss.js";
export { lie } from "./lie.js";
export { lu } from "./lu.js";
export { published } from "./published.js";
export { type RankOneOptions, rankOne } from "./rank-one.js";
export { relative } from "./relative.js";
export { relativeAffine } from "./relative-affine.js";
export { type SelfNormalizingOptions, selfNormalizing } from "./self-normalizing.js";
export { jacobianEstimator, jacobianEstimators } from "./table.js";
export { type TrackedOptions, tracked } from "./tracked.js";
