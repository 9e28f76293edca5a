export { latentNormality } from "./latent-normality.js";
export { learningCurves, type Reference } from "./learning-curves.js";
export { logDensityHistogram } from "./log-density-histogram.js";
export { maximumPoints, pairwise } from "./pairwise.js";
export { renderReport } from "./report.js";
export type {
  ColumnSummary,
  CurvePoint,
  DataSummary,
  Metrics,
  ModelSummary,
  MonitorPoint,
  PairSamples,
  PitValues,
  ReportData,
  TrainingSummary,
} from "./report-data.js";
export { maximumPairColumns } from "./report-data.js";
export { volumeAndStretching } from "./volume-and-stretching.js";
