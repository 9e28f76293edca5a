export { benjaminiHochberg } from "./benjamini-hochberg.js";
export { Calibration, conformalPValues } from "./calibration.js";
export { type GivenSample, type SampleGivenOptions, sampleGiven } from "./conditional.js";
export { type Memory, mostMemory } from "./conditional-memory.js";
export type { ColumnConfig, ModelConfig } from "./config.js";
export { flowWords } from "./flow-words.js";
export { checkWritable, exists, fileError, writeFolder } from "./folder.js";
export { type Imputed, type ImputeMethod, type ImputeOptions, impute, imputeMethods } from "./impute.js";
export { type LoadOptions, load } from "./load.js";
export { Model, type PValueOptions, type Rows, type SampleOptions } from "./model.js";
export { renderModelCard } from "./model-card.js";
export { exportLogProb, exportSample } from "./onnx-export.js";
export type { ModelParts } from "./parts.js";
export type { Prototypes } from "./prototypes.js";
export type { Reference, ReferenceOptions } from "./reference.js";
// Types only: drawing takes a plot library and a page that nobody who scores should wait for.
export type { ReportData } from "./report/index.js";
export { type ControlledRisk, controlRisk, type RiskControlOptions } from "./risk-control.js";
export { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.js";
export { type SaveOptions, saveModel } from "./save.js";
export { defaultStatistic, type Statistic, type StatisticName, statistics } from "./statistics.js";
export {
  compareTails,
  hillEstimate,
  modelTails,
  type TailIndex,
  type TailMismatch,
  type Tails,
  tailSentence,
  tailsOf,
} from "./tails.js";
export { type WeightedConformalOptions, weightedPValues } from "./weighted-conformal.js";
