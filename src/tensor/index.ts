export {
  type ApplyComposite,
  type CompositeOptions,
  composite,
  expandComposites,
  upstreamOf,
} from "./composite.js";
export * from "./elementwise.js";
export { type GradientOptions, gradients } from "./grad.js";
export {
  broadcastTo,
  fullLike,
  type ReductionOptions,
  reshape,
  sizeOf,
  sum,
  sumTo,
  transpose,
} from "./layout.js";
export {
  exactRules,
  identity,
  inverse,
  inverseEach,
  type JacobianRules,
  linear,
  logAbsDet,
  logAbsDetEach,
  matmul,
  matmulEach,
} from "./linear-algebra.js";
export * from "./reductions.js";
export { concat, cumulativeSum, gather, pad, scatterAdd, slice } from "./selection.js";
export { bindShape, type Dimension, fixedSize, formatShape, type Shape, sameShape } from "./shape.js";
export {
  type Attributes,
  type Composite,
  Constant,
  constant,
  type ElementType,
  type GradientRule,
  type InitialValues,
  Input,
  input,
  type Operation,
  Parameter,
  parameter,
  scalarValue,
  Tensor,
  type TensorLike,
  toTensor,
} from "./tensor.js";
export { callsIn, mergeCommon, substitute, topologicalOrder } from "./traverse.js";
