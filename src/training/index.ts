export type { Evaluation, StopReason, TrainingEvent, TrainingListener } from "./events.js";
export { Likelihood } from "./likelihood.js";
export { type LipschitzOptions, lipschitz } from "./lipschitz.js";
export {
  Monitor,
  type MonitorOptions,
  type MonitorReading,
  type Stretching,
  type VolumeBalance,
} from "./monitor.js";
export type { BuiltPenalty, Penalty } from "./penalty.js";
export type { TrainingState } from "./state.js";
export { type StepOptions, TrainingStep } from "./step.js";
export { Trainer, type TrainerOptions } from "./trainer.js";
export { likeliest } from "./trim.js";
export { type LayerVolume, Watch, type WatchReading } from "./watch.js";
