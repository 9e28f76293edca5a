// The public API, and nothing else.

export * from "./bijections/index.js";
export {
  analyzeColumns,
  areWholeDates,
  type ColumnPlan,
  type ColumnType,
  codeOf,
  type DatePart,
  type GivenColumn,
  InMemoryRows,
  joinDates,
  type KnownColumn,
  labelsOf,
  type OutputColumn,
  type ReadOptions,
  type RowSource,
  readTable,
  splitRows,
  standardizedRows,
  type Table,
  type TableColumn,
  type Target,
  tableFromColumns,
  writeTable,
} from "./data/index.js";
export * from "./distributions/index.js";
export * from "./drift/index.js";
export * from "./energy/index.js";
export { type ErrorCode, LogdetError } from "./errors.js";
export {
  type AuditedMethod,
  type AuditOptions,
  auditExplanations,
  type Cell,
  defaultExplanationMethod,
  type Explained,
  type ExplainOptions,
  type Explanation,
  type ExplanationMethod,
  type ExplanationMethodName,
  explain,
  explanationMethods,
  type HitRates,
  type PlantingName,
  plantings,
  type Reason,
  reasonsInWords,
} from "./explain/index.js";
export {
  type Anomaly,
  type DetectCallbacks,
  type DetectEvent,
  type Detection,
  type DetectOptions,
  detect,
  type FitCallbacks,
  type FitEvent,
  type FitInput,
  type FitListener,
  type FitOptions,
  type Fitted,
  fit,
  saveFitted,
} from "./fit/index.js";
export * from "./flows/index.js";
export {
  type IcaOptions,
  ica,
  independentMechanisms,
  type Matching,
  matchSources,
  type NonlinearIcaOptions,
  type NonlinearSeparation,
  type NonlinearSource,
  nonlinearIca,
  type SaveSeparationOptions,
  type Separation,
  type Source,
  saveSeparation,
} from "./ica/index.js";
export * from "./jacobian/index.js";
export * from "./lab/index.js";
export {
  benjaminiHochberg,
  Calibration,
  type ColumnConfig,
  conformalPValues,
  type GivenSample,
  type Imputed,
  type ImputeOptions,
  impute,
  type LoadOptions,
  load,
  type Memory,
  Model,
  type ModelConfig,
  type ModelParts,
  type PValueOptions,
  type Rows,
  type SampleGivenOptions,
  type SampleOptions,
  type SaveOptions,
  type Statistic,
  type StatisticName,
  sampleGiven,
  saveModel,
  statistics,
} from "./model/index.js";
export * from "./optimizers/index.js";
export { Random, type RandomState } from "./random/index.js";
export {
  type FloatArray,
  type OnnxRuntime,
  ParameterStore,
  type ParameterStoreOptions,
  Program,
  type ProgramInputs,
  type ProgramOptions,
  useOnnxRuntime,
} from "./runtime/index.js";
export * as tensor from "./tensor/index.js";
export {
  type BuiltPenalty,
  type Evaluation,
  Likelihood,
  type LipschitzOptions,
  lipschitz,
  Monitor,
  type MonitorOptions,
  type MonitorReading,
  type Penalty,
  type StopReason,
  type Stretching,
  Trainer,
  type TrainerOptions,
  type TrainingEvent,
  type TrainingListener,
  type TrainingState,
  TrainingStep,
  type VolumeBalance,
} from "./training/index.js";
export { version } from "./version.js";
