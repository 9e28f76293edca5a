export { type AdamOptions, adam, adamW } from "./adam.js";
export type { Optimizer, Update } from "./optimizer.js";
export { constantRate } from "./schedules/constant.js";
export type { Schedule } from "./schedules/schedule.js";
export { warmupCosine } from "./schedules/warmup-cosine.js";
export { descent, type SgdOptions, sgd } from "./sgd.js";
export { optimizer, optimizers } from "./table.js";
