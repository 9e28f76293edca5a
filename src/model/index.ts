export type { ColumnConfig, ModelConfig } from "./config.js";
export { checkWritable, exists, fileError, writeFolder } from "./folder.js";
export { Model, type Rows, type SampleOptions } from "./model.js";
export { renderModelCard } from "./model-card.js";
export { exportLogProb, exportSample } from "./onnx-export.js";
export { type ReportData, renderReport } from "./report/index.js";
export { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.js";
export { type LoadOptions, load, type SaveOptions, saveModel } from "./save.js";
