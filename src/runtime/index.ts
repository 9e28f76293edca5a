export { covarianceOf } from "./covariance.js";
export {
  type Factorization,
  factorize,
  factorizeAsync,
  inverse,
  logAbsDet,
  solve,
} from "./linear-algebra.js";
export { type FloatArray, ParameterStore, type ParameterStoreOptions } from "./parameter-store.js";
export { Program, type ProgramInputs, type ProgramOptions } from "./program.js";
export { type OnnxRuntime, useOnnxRuntime } from "./session.js";
export { type StretchedDirections, singularValues, stretchedDirections } from "./singular-values.js";
export { countBelow } from "./sorted.js";
