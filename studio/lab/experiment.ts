// One flow trained on a toy density under one rule for the Jacobian term. The same code runs in the page's workers and in
// Node.

import { denseFlow } from "../../src/flows/dense.js";
import type { Flow } from "../../src/flows/flow.js";
import { jacobianEstimator } from "../../src/jacobian/table.js";
import type { StopReason, TrainingEvent } from "../../src/training/events.js";
import { Trainer } from "../../src/training/trainer.js";
import { type Problem, poseProblem, type Truth } from "./problem.js";
import type { RunSettings } from "./settings.js";
import { type Snapshot, SnapshotTaker } from "./snapshot.js";

/** One look at a run. Nats a row, in the plane's units. */
export interface Reading {
  readonly step: number;
  /** Of training and evaluation so far; pictures are not counted. */
  readonly seconds: number;
  readonly trainNll: number;
  readonly validationNll: number;
  /** Nats that the model misses on the validation rows: validation NLL less the density's own. */
  readonly missed: number;
  /** Norm of the last step's gradient, as the rule gives it to the optimizer; null before the first step. */
  readonly gradientNorm: number | null;
}

/** What a run tells while it is under way: plain data, which passes between threads. */
export type Update =
  | { readonly type: "truth"; readonly truth: Truth }
  | { readonly type: "reading"; readonly reading: Reading }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "rollback"; readonly step: number; readonly reason: string };

/** Milliseconds between two pictures, at least. */
const pictureInterval = 250;
/** Looks at a whole run. */
const readings = 40;

/**
 * Training that can be interrupted and goes on, with a picture now and then.
 *
 * A run depends on its settings alone: pictures and interruptions change no number but the seconds.
 *
 * @example
 * const experiment = await Experiment.create({ ...defaultSettings, rule: "relative" }, (update) => …)
 * await experiment.run()
 */
export class Experiment {
  readonly #problem: Problem;
  readonly #trainer: Trainer;
  readonly #snapshots: SnapshotTaker;
  readonly #tell: (update: Update) => void;
  #milliseconds = 0;
  #startedAt = 0;
  #pictureAt = Number.NEGATIVE_INFINITY;
  /** Ends training where a piece of it ends. */
  #piece = new AbortController();

  private constructor(
    problem: Problem,
    trainer: Trainer,
    snapshots: SnapshotTaker,
    tell: (update: Update) => void,
  ) {
    this.#problem = problem;
    this.#trainer = trainer;
    this.#snapshots = snapshots;
    this.#tell = tell;
  }

  static async create(settings: RunSettings, tell: (update: Update) => void = () => {}): Promise<Experiment> {
    const problem = poseProblem(settings);
    const { random, rows, training, validation } = problem;
    const estimator = jacobianEstimator(settings.rule);
    const flow: Flow = denseFlow({
      dim: 2,
      layers: settings.layers,
      activation: settings.activation,
      base: "mixture-of-gaussians",
      front: true,
      frontBins: 32,
      layer: estimator.layer,
      sample: training.subarray(0, 2 * 8000),
      random: random.split("weights"),
    });
    const trainer = await Trainer.create(flow, {
      batches: rows.batches({ batchSize: 256, random: random.split("batches") }),
      validation,
      training: training.subarray(0, validation.length),
      estimator,
      learningRate: settings.learningRate,
      steps: settings.steps,
      evaluateEvery: Math.max(10, Math.round(settings.steps / readings)),
      random: random.split("training"),
      threads: 1,
      float: settings.float,
      onEvent: (event) => experiment.#hear(event),
    });
    const snapshots = await SnapshotTaker.create(flow, problem);
    const experiment = new Experiment(problem, trainer, snapshots, tell);
    tell({ type: "truth", truth: problem.truth });
    return experiment;
  }

  /** Trains to the end or until the signal is aborted; goes on when it is called again. */
  async run(signal?: AbortSignal): Promise<StopReason> {
    for (;;) {
      const reason = await this.advance(signal);
      if (reason) return reason;
      if (signal?.aborted) return "interrupted";
    }
  }

  /**
   * Trains to the next reading, or not so far if the signal is aborted, and shows a picture if one is due. Several
   * experiments that advance by turns have the same machine at the same time, so that their seconds can be compared.
   *
   * @returns why it has ended; nothing while there is more to do
   */
  async advance(signal?: AbortSignal): Promise<StopReason | undefined> {
    this.#piece = new AbortController();
    const stop = () => this.#piece.abort();
    signal?.addEventListener("abort", stop);
    this.#startedAt = performance.now();
    const reason = await this.#trainer.run(this.#piece.signal);
    const now = performance.now();
    this.#milliseconds += now - this.#startedAt;
    signal?.removeEventListener("abort", stop);
    const hasEnded = reason !== "interrupted";
    if (hasEnded || signal?.aborted || now - this.#pictureAt > pictureInterval) {
      const { store, best } = this.#trainer;
      this.#tell({ type: "snapshot", snapshot: await this.#snapshots.take(store, best.step) });
      this.#pictureAt = performance.now();
    }
    return hasEnded ? reason : undefined;
  }

  #hear(event: TrainingEvent): void {
    if (event.type === "rollback") this.#tell({ type: "rollback", step: event.step, reason: event.reason });
    if (event.type !== "evaluation") return;
    const now = performance.now();
    const { step } = event;
    const { truth, unitsLogDet } = this.#problem;
    const validationNll = event.validationNll - unitsLogDet;
    this.#tell({
      type: "reading",
      reading: {
        step,
        seconds: (this.#milliseconds + now - this.#startedAt) / 1000,
        trainNll: event.trainNll - unitsLogDet,
        validationNll,
        missed: validationNll - truth.entropy,
        gradientNorm: step === 0 ? null : Math.hypot(...this.#trainer.store.buffer("gradient")),
      },
    });
    this.#piece.abort();
  }

  /** Frees ONNX Runtime's sessions. */
  async release(): Promise<void> {
    await this.#snapshots.release();
    await this.#trainer.release();
  }
}
