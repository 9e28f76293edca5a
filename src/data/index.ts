export { type Collinearity, findCollinear } from "./collinear.js";
export { analyzeColumns, type ColumnAnalysis, type ColumnPlan } from "./columns.js";
export { encodingOf, type Target, type TargetFormat } from "./deliver.js";
export { columnNames } from "./header.js";
export { formatNames, nearestName, parseNames } from "./names.js";
export { type ReadOptions, readTable } from "./read.js";
export {
  type Batch,
  type BatchPosition,
  type BatchStream,
  InMemoryRows,
  type RowSource,
  ShuffledBatches,
  type ShuffledBatchesOptions,
  standardizedRows,
} from "./source.js";
export { openSources, type SourceFile, type SourceFormat, type Sources } from "./sources.js";
export { type Split, splitRows, takeRows } from "./split.js";
export { type NumericColumn, type Table, tableFromColumns, tableFromRows, toSourceRows } from "./table.js";
export { appendColumns, type OutputColumn, type Written, writeTable } from "./write.js";
