// How the learning rate moves over a run. One schedule a file.

/** The factor on the base learning rate at a step (from 1) of a run of `steps`. Pure: resuming needs only the step. */
export interface Schedule {
  readonly name: string;
  factor(step: number, steps: number): number;
}
