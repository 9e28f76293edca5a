// How a detection is run and ended: what the detections need to know of threads.

import type { DetectTask, DetectWord } from "./detect-task.js";

/** A detection under way. */
export interface RunningDetection {
  /** Ends it at its next event. */
  end(): void;
  /** When all is over, however it ended. */
  readonly done: Promise<void>;
}

/** Starts a detection; `tell` hears of it until it is over. */
export type DetectRunner = (task: DetectTask, tell: (word: DetectWord) => void) => RunningDetection;
