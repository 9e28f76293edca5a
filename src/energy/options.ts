// What can be chosen about a fit to an energy, and what a running one tells.

import type { Activation } from "../flows/index.js";
import type { JacobianEstimator } from "../jacobian/index.js";
import type { Optimizer, Schedule } from "../optimizers/index.js";
import type { FloatArray } from "../runtime/index.js";
import type { FittedEnergy } from "./fitted-energy.js";
import type { ImportanceEstimate } from "./importance.js";

/** "path": see pathGradients. "total": the ordinary gradient, by reparameterisation or of the likelihood. */
export type GradientKind = "path" | "total";

/** Training on exp(−β energy) with β rising to 1: modes far apart are joined while β is small. */
export interface Annealing {
  /** β at the first step, in (0, 1]. */
  readonly from: number;
  /** Share of the steps after which β is 1, in (0, 1]; it rises geometrically. Default: 0.8. */
  readonly until?: number;
}

export interface EnergyFitOptions {
  /**
   * Samples of the target, row-major [n, D]. With them the flow is fitted to these by maximum likelihood (forward
   * divergence), without them to the energy alone (reverse divergence).
   */
  readonly samples?: FloatArray;
  /**
   * Further samples of the target, row-major [m, D]: evaluations then tell how probable q finds them, and a fit to
   * `samples` keeps the numbers of the evaluation that liked them best. Default: none, the last numbers are kept.
   */
  readonly validation?: FloatArray;
  /** Default: "path". With samples, "total" is plain maximum likelihood, which does not look at the energy. */
  readonly gradient?: GradientKind;
  /** Where the target is and how far it reaches, for all coordinates or each. Default: of the samples; else 0 and 1. */
  readonly center?: number | ArrayLike<number>;
  readonly scale?: number | ArrayLike<number>;
  /** Dense layers, and the pieces of the splines between them. Default: 4 and 8. */
  readonly layers?: number;
  readonly bins?: number;
  readonly activation?: Activation;
  /** How dense layers are trained. With path gradients one without a companion. Default: lie. */
  readonly jacobian?: JacobianEstimator;
  readonly optimizer?: Optimizer;
  readonly schedule?: Schedule;
  /** Default: 0.03, with samples 0.01; the schedule lets it fall to 0. */
  readonly learningRate?: number;
  /** Default: 2000. */
  readonly steps?: number;
  /** Rows a step. Default: 256. */
  readonly batch?: number;
  /** Largest Euclidean norm of a step's gradient; longer ones are scaled down. Default: no limit. */
  readonly gradientClip?: number;
  /** Only without samples. Default: none, β = 1 throughout. */
  readonly annealing?: Annealing;
  /** Steps between two evaluations: they happen where someone listens or something is kept. Default: a tenth of all. */
  readonly evaluateEvery?: number;
  /** Draws of an evaluation, each of which costs an energy. Default: 2000. */
  readonly evaluationRows?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Told how it goes; `fitted` is the flow as it is at that moment, to be looked at and not kept. */
  readonly onEvent?: (event: EnergyFitEvent, fitted: FittedEnergy) => void;
}

export type EnergyFitEvent =
  | { readonly type: "start"; readonly steps: number; readonly parameters: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly steps: number;
      readonly learningRate: number;
      /** β of the target trained on. */
      readonly inverseTemperature: number;
    }
  /** How q stands to the target at β = 1, whatever β it is trained on. */
  | ({
      readonly type: "evaluation";
      readonly step: number;
      readonly steps: number;
      /** Mean negative log-density of the validation samples, nats. */
      readonly validationNll?: number;
      /** Effective sample size seen from them. */
      readonly forwardEss?: number;
    } & ImportanceEstimate);
