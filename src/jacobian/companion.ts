// What an estimator may bring along when a flow is trained: numbers of its own, a loss of its own, and work on the host
// around every step. Most estimators bring nothing.

import type { Bijection } from "../bijections/index.js";
import type { ArrayKernels } from "../kernels/index.js";
import type { Random } from "../random/index.js";
import type { FloatArray, ParameterStore } from "../runtime/index.js";
import type { Input, JacobianRules, Parameter, Tensor } from "../tensor/index.js";

/** A flow about to be trained, as formulas. */
export interface TrainingProblem {
  readonly flow: {
    readonly dim: number;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly bijection?: Bijection;
    readonly base?: { logProb(latent: Tensor): Tensor };
  };
  /** Rows, [batch, D]. */
  readonly x: Input;
  /** Mean negative log-likelihood of x, nats a row. */
  readonly loss: Tensor;
  /** The trained matrices whose log|det| is in the loss. */
  readonly matrices: readonly Parameter[];
  /** The estimator's rules, for those matrices alone. */
  readonly rules: JacobianRules;
}

/** Random numbers that the gradient program takes beside the rows: by input name, row-major. */
export type NoiseDraws = (rows: number, random: Random) => Readonly<Record<string, FloatArray>>;

export interface Companion {
  /**
   * Numbers of the estimator's own. They lie in the arena beside the flow's, so that checkpoints, the best weights and
   * rollbacks hold them; a saved model does not.
   */
  readonly parameters?: readonly Parameter[];
  /** The loss to report. Default: the negative log-likelihood without its log|det W| terms. */
  readonly loss?: Tensor;
  /** Gradients for the trainable parameters. Default: those of the negative log-likelihood by the estimator's rules. */
  readonly gradients?: (of: readonly Parameter[]) => readonly (Tensor | undefined)[];
  readonly noise?: NoiseDraws;
  /** Further results of the gradient program, for the host. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** Once the arena is there. */
  readonly start?: (arena: CompanionArena) => Promise<RunningCompanion>;
  /** A formula for a log|det W| or W^{-1} that the estimator has at hand, in place of its computation. */
  readonly known?: (node: Tensor) => Tensor | undefined;
}

/** Where the numbers are. */
export interface CompanionArena {
  readonly store: ParameterStore;
  readonly kernels: ArrayKernels;
  /** Names of the buffers that the optimizer keeps. */
  readonly slots: readonly string[];
  readonly threads?: number;
}

/** A companion at work: what happens on the host around a step. */
export interface RunningCompanion {
  /** Before the gradient program runs. */
  before?(): Promise<void>;
  /** After the optimizer has moved what is its to move. */
  after?(step: StepTaken): Promise<Drift | undefined>;
  release?(): Promise<void>;
}

export interface StepTaken {
  readonly learningRate: number;
  /** Number of the step, from 1. */
  readonly step: number;
  /** Rows of the batch. */
  readonly rows: number;
  /** What the gradient program gave for `Companion.outputs`. */
  readonly values: Readonly<Record<string, FloatArray>>;
  /** Factor that clipping put on the gradient. */
  readonly clip: number;
  /** Of this step alone: the same numbers whether the run was interrupted before or not. */
  readonly random: Random;
}

/** How far numbers that are carried along had come from their exact values, when they were repaired. */
export interface Drift {
  /** Largest error of a log|det W|, nats; absent where only inverses were looked at. */
  readonly logAbsDet?: number;
  /** Largest distance of a W^{-1} to the repaired one, relative to its length, in the Frobenius norm. */
  readonly inverse: number;
}
