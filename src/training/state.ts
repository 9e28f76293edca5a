// The whole state of a training run as plain data: with it and the same rows, a run goes on as if never stopped.

import type { BatchPosition } from "../data/index.js";
import type { RandomState } from "../random/index.js";
import type { FloatArray } from "../runtime/index.js";
import type { Evaluation } from "./events.js";
import type { MonitorReading } from "./monitor.js";

/** Typed arrays, numbers and strings only: structured-clone and checkpoint writers take it as it is. */
export interface TrainingState {
  /** Steps taken. */
  readonly step: number;
  /** All values of the arena: trained ones, fixed ones, and those that the Jacobian estimator carries along. */
  readonly values: FloatArray;
  /** The optimizer's slots and, where one is kept, the running average, by buffer name. */
  readonly buffers: Readonly<Record<string, FloatArray>>;
  /** Steps that the optimizer's slots have seen; fewer than `step` after a rollback. */
  readonly slotSteps: number;
  /** Factor on the learning rate, lowered by rollbacks. */
  readonly rateFactor: number;
  readonly best: { readonly values: FloatArray; readonly validationNll: number; readonly step: number };
  readonly evaluationsSinceBest: number;
  readonly history: readonly Evaluation[];
  /** What the monitor has found, if there is one. */
  readonly monitored: readonly ({ readonly step: number } & MonitorReading)[];
  /** The generator of the noise that is added to batches. */
  readonly noise: RandomState;
  /** Where the batches stand: epoch, place in the shuffle, generator of the dequantisation noise. */
  readonly batches: BatchPosition;
}
