export type { Evaluation, StopReason, TrainingEvent, TrainingListener } from "./events.js";
export { Likelihood } from "./likelihood.js";
export type { TrainingState } from "./state.js";
export { type StepOptions, TrainingStep } from "./step.js";
export { Trainer, type TrainerOptions } from "./trainer.js";
