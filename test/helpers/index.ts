export { erf } from "./erf.js";
export { type Evaluator, evaluate, evaluator, type Numbers } from "./evaluate.js";
export { expectClose, type Tolerance } from "./expect-close.js";
export { finiteDifferences } from "./finite-differences.js";
export {
  at,
  broadcastShape,
  determinant,
  elementwise,
  generate,
  inverseMatrix,
  type NdArray,
  product,
  transposed,
} from "./ndarray.js";
