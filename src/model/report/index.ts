export { latentNormality } from "./latent-normality.js";
export { learningCurves } from "./learning-curves.js";
export { logDensityHistogram } from "./log-density-histogram.js";
export { maximumPoints, pairwise } from "./pairwise.js";
export { renderReport } from "./report.js";
export type {
  ColumnSummary,
  CurvePoint,
  DataSummary,
  Metrics,
  ModelSummary,
  PairSamples,
  PitValues,
  ReportData,
  TrainingSummary,
} from "./report-data.js";
export { maximumPairColumns } from "./report-data.js";
