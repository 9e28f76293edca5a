export {
  type Columns,
  independentMechanismContrast,
  independentMechanisms,
  mixingJacobian,
} from "./independent-mechanisms.js";
export { type Matching, matchSources } from "./matching.js";
export { type NonlinearIcaOptions, nonlinearIca } from "./nonlinear.js";
export type { NonlinearSeparation, NonlinearSource } from "./nonlinear-sources.js";
export { sourcesPicture } from "./picture.js";
export { checkSeparationFolder, type SaveSeparationOptions, saveSeparation } from "./save.js";
export { type IcaOptions, ica, type Separation, type Source } from "./separate.js";
