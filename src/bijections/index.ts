export type { Bijection, Config } from "./bijection.js";
export { type Chain, chain } from "./chain.js";
export { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
export { type LeakyTanhOptions, leakyTanh } from "./leaky-tanh.js";
export { type LinearOptions, linear } from "./linear.js";
export {
  normalProbability,
  normalQuantile,
  type QuantileKnotsOptions,
  quantileKnots,
} from "./quantile-knots.js";
export {
  type Knots,
  type RationalQuadraticSplineOptions,
  rationalQuadraticSpline,
} from "./rational-quadratic-spline.js";
export { type SmoothLeakyReluOptions, smoothLeakyRelu } from "./smooth-leaky-relu.js";
export { type StandardizationOptions, standardization } from "./standardization.js";
export { bijections, buildBijection } from "./table.js";
