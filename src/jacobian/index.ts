export type { JacobianEstimator } from "./estimator.js";
export { exact } from "./exact.js";
export { lie } from "./lie.js";
export { published } from "./published.js";
export { relative } from "./relative.js";
export { relativeAffine } from "./relative-affine.js";
export { jacobianEstimator, jacobianEstimators } from "./table.js";
