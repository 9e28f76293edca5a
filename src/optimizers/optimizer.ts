// What an optimizer is: named buffers beside the parameters, and one fused update over a range of the arena.

import type { ArrayKernels } from "../kernels/index.js";
import type { FloatArray } from "../runtime/index.js";

/** A range to update: views of equal length into the memory that the kernels work on. */
export interface Update {
  readonly kernels: ArrayKernels;
  /** What is moved: the parameters themselves, or a zeroed place that receives the step. */
  readonly target: FloatArray;
  readonly gradient: FloatArray;
  /** The optimizer's own buffers, in the order of `slots`. */
  readonly slots: readonly FloatArray[];
  readonly learningRate: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/**
 * One update rule. Its whole memory is in its slots (zero at the start) and the step number, so that saving those
 * saves the optimizer.
 */
export interface Optimizer {
  readonly name: string;
  /** Buffers it keeps, each as long as the parameters. */
  readonly slots: readonly string[];
  /**
   * Whether the step is learningRate · gradient, with neither memory nor rescaling. A step in the Lie algebra then
   * keeps the low rank of its gradient, and is applied for less than D³.
   */
  readonly plain?: boolean;
  /** target ← target − learningRate · direction(gradient, slots), in one pass. O(length). */
  update(range: Update): void;
}
