export { type Beside, type BesideOptions, beside } from "./beside.js";
export type { Bijection, Config } from "./bijection.js";
export { type Chain, chain } from "./chain.js";
export {
  type ColumnTransform,
  type ColumnTransformsOptions,
  columnTransforms,
  throughTransforms,
} from "./column-transforms.js";
export { type ConditionalAffineOptions, conditionalAffine } from "./conditional-affine.js";
export { type ConstrainedNetwork, constrainedNetwork, project } from "./constrained-network.js";
export { type DenseLayer, denseLayers } from "./dense-layers.js";
export type { AffineMap, LinearOptions } from "./dense-start.js";
export { type GdnInverse, type GdnOptions, gdn } from "./gdn.js";
export { invertMonotone, type MonotoneFunction } from "./guarded-inverse.js";
export type { MonotoneNetworkOptions } from "./hidden-units.js";
export { type LeakyTanhOptions, leakyTanh } from "./leaky-tanh.js";
export { linear } from "./linear.js";
export { type LogitOptions, logit } from "./logit.js";
export { type LuLinearOptions, luLinear } from "./lu-linear.js";
export {
  type Link,
  type MixtureOfLogisticsOptions,
  mixtureOfLogistics,
} from "./mixture-of-logistics.js";
export {
  normalProbability,
  normalQuantile,
  type QuantileKnotsOptions,
  quantileKnots,
  throughKnots,
} from "./quantile-knots.js";
export { rankOneLinear } from "./rank-one-linear.js";
export {
  type Knots,
  type RationalQuadraticSplineOptions,
  rationalQuadraticSpline,
} from "./rational-quadratic-spline.js";
export { reversed } from "./reversed.js";
export { type SelfNormalizingLinearOptions, selfNormalizingLinear } from "./self-normalizing-linear.js";
export { type SmoothLeakyReluOptions, smoothLeakyRelu } from "./smooth-leaky-relu.js";
export { type StandardizationOptions, standardization } from "./standardization.js";
export { type SumOfTanhOptions, sumOfTanh } from "./sum-of-tanh.js";
export { bijections, buildBijection } from "./table.js";
export { type UnconstrainedNetworkOptions, unconstrainedNetwork } from "./unconstrained-network.js";
