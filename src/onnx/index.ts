export { fuseProducts } from "./fuse.js";
export { farthest, type OnnxModelOptions, type Port, writeOnnxModel } from "./model.js";
export { spellings } from "./spelling.js";
export type { FloatType } from "./writer.js";
