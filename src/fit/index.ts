export {
  type Anomaly,
  type DetectCallbacks,
  type DetectEvent,
  type Detection,
  type DetectOptions,
  defaultTop,
  detect,
} from "./detect.js";
export type { FitEvent, FitListener } from "./events.js";
export { type FitCallbacks, type FitInput, type Fitted, fit } from "./fit.js";
export { type FitOptions, fitOptionsSchema, type Plan, parseFitOptions, plan } from "./options.js";
export { reportData, saveFitted } from "./report.js";
export type { SearchSpace, Setting } from "./search.js";
