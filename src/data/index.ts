export { codeOf, labelsOf } from "./categories.js";
export { type Collinearity, findCollinear } from "./collinear.js";
export { type ColumnType, columnTypes } from "./column-types.js";
export { type AnalyzeOptions, analyzeColumns, type ColumnAnalysis, type ColumnPlan } from "./columns.js";
export {
  type Block,
  type CodedColumn,
  type ColumnPlace,
  type LaidColumn,
  type Layout,
  layoutOf,
  readCoordinates,
  slotOf,
  writeCoordinates,
} from "./coordinates.js";
export { areWholeDates, joinDates, readInstant, type WrittenInstant } from "./dates.js";
export { encodingOf, type Target, type TargetFormat } from "./deliver.js";
export { GaussianCopula, type GaussianCopulaOptions, type GaussianCopulaState } from "./gaussian-copula.js";
export { columnNames } from "./header.js";
export { inOrder, type OrderedTable } from "./in-order.js";
export { formatNames, nearestName, parseNames } from "./names.js";
export type { Support } from "./normal-scores.js";
export { supportOf } from "./numeric-types.js";
export { type ReadOptions, readTable } from "./read.js";
export {
  type Batch,
  type BatchPosition,
  type BatchStream,
  type Filler,
  InMemoryRows,
  type RowSource,
  ShuffledBatches,
  type ShuffledBatchesOptions,
  standardizedRows,
} from "./source.js";
export { openSources, type SourceFile, type SourceFormat, type Sources } from "./sources.js";
export { type Split, splitRows, takeRows } from "./split.js";
export {
  type DatePart,
  type DatePartName,
  type GivenColumn,
  type KnownColumn,
  type Table,
  type TableColumn,
  tableFromColumns,
  tableFromRows,
  toSourceRows,
} from "./table.js";
export { readTexts } from "./texts.js";
export {
  type AppendOptions,
  appendColumns,
  type OutputColumn,
  type Replacement,
  type Written,
  writeTable,
} from "./write.js";
