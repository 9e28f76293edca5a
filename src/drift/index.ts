export { andersonDarlingTest } from "./anderson-darling.js";
export {
  type Change,
  changeOf,
} from "./change-words.js";
export { type Points, pointsOf, type Scaling } from "./coordinates.js";
export {
  type ColumnShift,
  type FeatureShift,
  type FeatureShiftOptions,
  gaussianFeatureShift,
} from "./feature-shift.js";
export { flowFeatureShift } from "./flow-feature-shift.js";
export { type Gated, type GateOptions, gatedLogProb } from "./gate.js";
export { gTest, kolmogorovSmirnov, type MarginalTest } from "./marginal-tests.js";
export { mmdTest } from "./mmd.js";
export { holm } from "./multiple-tests.js";
export type { PermutationOptions, Permutations, PermutationTest } from "./permutations.js";
export { type SampledColumn, type Samples, samplesOf } from "./samples.js";
export { checkShiftFolder, plainShift, saveShift } from "./save.js";
export {
  detectShiftOverTime,
  detectShiftOverTimeFromModel,
  type ShiftSeries,
  type ShiftSeriesOptions,
} from "./series.js";
export { detectShift } from "./shift.js";
export { detectShiftFromModel } from "./shift-from-model.js";
export { slicedEnergyTest } from "./sliced-energy.js";
export {
  type ScoreDensity,
  type Shift,
  type ShiftedColumn,
  type ShiftOptions,
  type ShiftProgress,
  type ShiftTest,
  scoreDensities,
} from "./verdict.js";
export {
  type Feature,
  type WindowOptions,
  type WindowSeries,
  type WindowTest,
  windowTests,
} from "./windows.js";
