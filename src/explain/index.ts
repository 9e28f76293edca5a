export { type AuditedMethod, type AuditOptions, auditExplanations, type HitRates } from "./audit.js";
export { type ExplainOptions, type Explanation, explain, type Reason } from "./explain.js";
export type { Explained, ExplanationMethod } from "./method.js";
export { type PlantingName, plantings } from "./plant.js";
export {
  defaultExplanationMethod,
  type ExplanationMethodName,
  explanationMethodNames,
  explanationMethods,
} from "./table.js";
export { type Cell, cellWords, reasonsInWords } from "./words.js";
