export { countCategories } from "./category-counts.js";
export { categoryShares } from "./category-shares.js";
export { latentNormality } from "./latent-normality.js";
export { learningCurves, type Reference } from "./learning-curves.js";
export { logDensityHistogram } from "./log-density-histogram.js";
export { maximumPoints, pairwise } from "./pairwise.js";
export { renderReport } from "./report.js";
export type {
  CategoryCounts,
  ColumnSummary,
  CountedBar,
  CountedColumn,
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
