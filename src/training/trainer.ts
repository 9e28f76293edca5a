// The training loop: batches in, best parameters out. Evaluates, keeps the best, falls back when it diverges.

import type { BatchStream } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import { type JacobianEstimator, lie } from "../jacobian/index.js";
import { adam, type Optimizer, type Schedule, warmupCosine } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import type { FloatArray, ParameterStore } from "../runtime/index.js";
import type { Evaluation, StopReason, TrainingListener } from "./events.js";
import { Likelihood } from "./likelihood.js";
import { Monitor, type MonitorOptions, type MonitorReading } from "./monitor.js";
import type { Penalty } from "./penalty.js";
import type { TrainingState } from "./state.js";
import { TrainingStep } from "./step.js";
import { keepLikeliest, trimmedNll } from "./trim.js";
import { Watch } from "./watch.js";

export interface TrainerOptions {
  /** Standardised rows without end. */
  readonly batches: BatchStream;
  /** Rows to evaluate on, row-major [n, D]: held out, and as a comparison some of the training rows. */
  readonly validation: FloatArray;
  readonly training: FloatArray;
  readonly estimator?: JacobianEstimator;
  readonly optimizer?: Optimizer;
  readonly schedule?: Schedule;
  readonly learningRate?: number;
  /** Steps of the whole run; the schedule ends there. */
  readonly steps: number;
  /** Steps between two evaluations. */
  readonly evaluateEvery: number;
  /** Evaluations without improvement after which to stop. Default: never. */
  readonly patience?: number;
  /** Standard deviation of normal noise added to batches, in standardised units; it decays with the schedule. */
  readonly noise?: number;
  /** Coordinates, from the first on, that get the noise: the others may be categories. Default: all. */
  readonly noisy?: number;
  /**
   * Share of every batch, and of the rows of every evaluation, that is left out as least likely, in [0, 0.5): rows that
   * are not like the others are not learned. A step takes about a third longer. Default: 0.
   */
  readonly trim?: number;
  /** Largest Frobenius norm of a step in the Lie algebra. */
  readonly stepClip?: number;
  readonly gradientClip?: number;
  /** Terms of the loss beside the negative log-likelihood. Evaluations and the choice of the best know none of them. */
  readonly penalties?: readonly Penalty[];
  /** Evaluate and keep a running average of the parameters with this decay (0.999, say) instead of themselves. */
  readonly averageDecay?: number;
  /** Looks at volumes and local stretching around training rows, and tells of them: see Monitor. Default: never. */
  readonly monitor?: MonitorOptions;
  /** Tells of the gradient and of every layer at each evaluation: see Watch. Changes no parameter. Default: false. */
  readonly watch?: boolean;
  readonly random?: Random;
  readonly threads?: number;
  readonly float?: "float32" | "float64";
  readonly onEvent?: TrainingListener;
}

/** What is made once and used by the whole run. */
interface Parts {
  readonly step: TrainingStep;
  readonly likelihood: Likelihood;
  readonly monitor: Monitor | undefined;
  readonly watch: Watch | undefined;
}

/** A validation loss this much worse than the best counts as an explosion: nats a row. */
const explosion = (dim: number) => 5 + 0.5 * dim;
/**
 * So does a batch's loss of this size (nats a column). Standardised rows stay far below it, and the square of its
 * gradient would sit in Adam's second moment for the rest of the run.
 */
const absurd = 1e6;
/** The learning rate's factor at which another rollback means giving up: after eight of them. */
const smallestRateFactor = 2 ** -8;
/** Steps between two progress events. */
const reportEvery = 20;

/**
 * Trains a flow by maximum likelihood.
 *
 * After `run`, the store holds the parameters of the best evaluation.
 *
 * @example
 * const trainer = await Trainer.create(flow, { batches, validation, training, steps: 3000, evaluateEvery: 100 })
 * const result = await trainer.run()
 */
export class Trainer {
  readonly flow: Flow;
  readonly #options: TrainerOptions;
  readonly #step: TrainingStep;
  readonly #likelihood: Likelihood;
  readonly #monitor: Monitor | undefined;
  readonly #watch: Watch | undefined;
  readonly #schedule: Schedule;
  readonly #buffers: readonly string[];
  /** Where every batch is put. */
  readonly #batch: Float32Array;
  #noise: Random;
  #taken = 0;
  #slotSteps = 0;
  #rateFactor = 1;
  #sinceBest = 0;
  #history: Evaluation[] = [];
  #monitored: ({ readonly step: number } & MonitorReading)[] = [];
  #best: { values: FloatArray; validationNll: number; step: number };
  /** Once a run has ended the store holds the best parameters, and this those that it would go on from. */
  #last: FloatArray | undefined;

  private constructor(flow: Flow, options: TrainerOptions, { step, likelihood, monitor, watch }: Parts) {
    this.flow = flow;
    this.#options = options;
    this.#step = step;
    this.#likelihood = likelihood;
    this.#monitor = monitor;
    this.#watch = watch;
    this.#schedule = options.schedule ?? warmupCosine();
    this.#noise = (options.random ?? new Random(0)).split("noise");
    this.#buffers = [...(options.optimizer ?? adam()).slots, ...(options.averageDecay ? ["average"] : [])];
    this.#batch = new Float32Array(options.batches.batchSize * flow.dim);
    this.#best = { values: step.store.values.slice(), validationNll: Infinity, step: 0 };
    if (options.averageDecay) step.store.buffer("average").set(step.store.trainable);
  }

  static async create(flow: Flow, options: TrainerOptions): Promise<Trainer> {
    if (options.averageDecay && options.estimator?.movesFixed)
      throw new LogdetError(
        "usage",
        `the estimator ${options.estimator.name} moves numbers that a running average does not see`,
        { hint: "Leave averageDecay out, or choose another estimator." },
      );
    const step = await TrainingStep.create(flow, {
      estimator: options.estimator ?? lie,
      optimizer: options.optimizer ?? adam(),
      stepClip: options.stepClip,
      gradientClip: options.gradientClip,
      penalties: options.penalties,
      threads: options.threads,
      float: options.float,
      buffers: options.averageDecay ? ["average"] : [],
      random: options.random?.split("estimator"),
    });
    const { threads, monitor, watch, validation } = options;
    return new Trainer(flow, options, {
      step,
      likelihood: await Likelihood.create(flow, step.store, threads),
      monitor: monitor && (await Monitor.create(flow, step.store, { ...monitor, threads })),
      watch: watch ? await Watch.create(flow, step.store, validation, threads) : undefined,
    });
  }

  /** The parameters. After `run`: those of the best evaluation. */
  get store(): ParameterStore {
    return this.#step.store;
  }

  get likelihood(): Likelihood {
    return this.#likelihood;
  }

  get history(): readonly Evaluation[] {
    return this.#history;
  }

  /** What the monitor has found, by increasing step; empty without one. */
  get monitored(): readonly ({ readonly step: number } & MonitorReading)[] {
    return this.#monitored;
  }

  get best(): { readonly validationNll: number; readonly step: number } {
    return this.#best;
  }

  /**
   * Trains to the end, or until the signal is aborted or patience runs out. Never throws away the best. A run that
   * was interrupted goes on when it is called again.
   */
  async run(signal?: AbortSignal): Promise<StopReason> {
    const { steps, onEvent, optimizer, estimator } = this.#options;
    if (this.#last) this.store.values.set(this.#last);
    this.#last = undefined;
    onEvent?.({
      type: "start",
      steps,
      parameters: this.store.parameters.filter((p) => p.trainable).reduce((n, p) => n + p.size, 0),
      estimator: (estimator ?? lie).name,
      optimizer: (optimizer ?? adam()).name,
    });
    const reason = await this.#loop(signal);
    this.#last = this.store.values.slice();
    this.store.values.set(this.#best.values);
    onEvent?.({ type: "end", step: this.#taken, reason });
    return reason;
  }

  async #loop(signal?: AbortSignal): Promise<StopReason> {
    const { steps, evaluateEvery, patience = Infinity } = this.#options;
    for (;;) {
      // At the top, so that a run restored from a state of any event evaluates where an unbroken one does.
      const isDue = this.#taken % evaluateEvery === 0 || this.#taken === steps;
      let problem = isDue && this.#history.at(-1)?.step !== this.#taken ? await this.#evaluate() : undefined;
      if (!problem) {
        if (this.#sinceBest >= patience) return "patience";
        if (this.#taken >= steps) return "finished";
        if (signal?.aborted) return "interrupted";
        problem = await this.#advance();
      }
      if (problem && this.#rateFactor <= smallestRateFactor) return "diverged";
      if (problem) this.#rollBack(problem);
    }
  }

  /** One step: batch, noise, gradient, update. Returns what is wrong with it, if anything. */
  async #advance(): Promise<string | undefined> {
    const { batches, noise = 0, trim = 0, learningRate = 3e-2, steps, averageDecay, onEvent } = this.#options;
    const { values: drawn } = await batches.next(this.#batch);
    const values =
      trim > 0 ? keepLikeliest(drawn, this.flow.dim, await this.#likelihood.logProb(drawn), trim) : drawn;
    const factor = this.#schedule.factor(this.#taken + 1, steps);
    if (noise > 0) {
      const added = this.#noise.fillNormal(new Float32Array(values.length), noise * factor);
      const { dim } = this.flow;
      const { noisy = dim } = this.#options;
      for (let i = 0; i < values.length; i++) if (i % dim < noisy) values[i] += added[i];
    }
    const problem = await guarded(() => this.#gradient(values));
    if (problem) return problem;
    this.#taken++;
    this.#slotSteps++;
    const rate = learningRate * factor * this.#rateFactor;
    const failure = await guarded(() => this.#update(rate));
    if (failure) return failure;
    if (averageDecay) {
      const average = this.store.buffer("average");
      // Early on the average follows quickly, or it would remember the start.
      const decay = Math.min(averageDecay, (1 + this.#taken) / (10 + this.#taken));
      const { trainable } = this.store;
      this.#step.kernels.average(average.length, average.byteOffset, trainable.byteOffset, decay);
    }
    if (this.#taken % reportEvery === 0)
      onEvent?.({ type: "step", step: this.#taken, steps, learningRate: rate });
    return undefined;
  }

  /** The gradient of a batch into its buffer; returns what is wrong with the loss, if anything. */
  async #gradient(values: Float32Array): Promise<string | undefined> {
    const loss = await this.#step.gradient(values, this.#taken + 1);
    if (Math.abs(loss) <= absurd * this.flow.dim) return undefined;
    return `the loss became ${loss.toPrecision(3)}`;
  }

  async #update(rate: number): Promise<undefined> {
    const drift = await this.#step.update(rate, this.#slotSteps);
    if (drift) this.#options.onEvent?.({ type: "drift", step: this.#taken, ...drift });
  }

  /** Looks at the model; returns what is wrong with it, if anything. */
  async #evaluate(): Promise<string | undefined> {
    const { validation, training, trim = 0, averageDecay, steps, monitor, onEvent } = this.#options;
    const { store } = this;
    const current = averageDecay ? store.trainable.slice() : undefined;
    if (current) store.trainable.set(store.buffer("average"));
    const validationNll = trimmedNll(await this.#likelihood.logProb(validation), trim);
    const trainNll = trimmedNll(await this.#likelihood.logProb(training), trim);
    const isDue = this.#history.length % (monitor?.every ?? 1) === 0;
    const canLook = Number.isFinite(validationNll + trainNll);
    const reading = canLook && isDue ? await this.#monitor?.look(training) : undefined;
    const watched = canLook ? await this.#watch?.look(this.#taken > 0) : undefined;
    const values = store.values.slice();
    if (current) store.trainable.set(current);

    if (!Number.isFinite(validationNll)) return `the validation loss became ${validationNll}`;
    if (!Number.isFinite(trainNll)) return `the training loss became ${trainNll}`;
    const worse = validationNll - this.#best.validationNll;
    if (worse > explosion(this.flow.dim)) return `the validation loss rose by ${worse.toFixed(1)} nats`;
    const improved = validationNll < this.#best.validationNll - 1e-4;
    if (improved) this.#best = { values, validationNll, step: this.#taken };
    this.#sinceBest = improved ? 0 : this.#sinceBest + 1;
    const evaluation = { step: this.#taken, trainNll, validationNll };
    this.#history.push(evaluation);
    const looked = reading && { step: this.#taken, ...reading };
    if (looked) this.#monitored.push(looked);
    onEvent?.({ type: "evaluation", steps, improved, ...evaluation });
    if (looked) onEvent?.({ type: "monitor", ...looked });
    if (watched) onEvent?.({ type: "watch", step: this.#taken, ...watched });
    return undefined;
  }

  /** Back to the best parameters, with empty slots and half the learning rate. */
  #rollBack(reason: string): void {
    this.#rateFactor /= 2;
    this.#slotSteps = 0;
    this.store.values.set(this.#best.values);
    for (const name of this.#buffers) this.store.buffer(name).fill(0);
    if (this.#options.averageDecay) this.store.buffer("average").set(this.store.trainable);
    this.#options.onEvent?.({ type: "rollback", step: this.#taken, reason, rateFactor: this.#rateFactor });
  }

  /** Everything needed to go on later; a copy. May be taken before and after a run, and in any event of one. */
  state(): TrainingState {
    return {
      step: this.#taken,
      values: (this.#last ?? this.store.values).slice(),
      buffers: Object.fromEntries(this.#buffers.map((name) => [name, this.store.buffer(name).slice()])),
      slotSteps: this.#slotSteps,
      rateFactor: this.#rateFactor,
      best: { ...this.#best, values: this.#best.values.slice() },
      evaluationsSinceBest: this.#sinceBest,
      history: [...this.#history],
      monitored: [...this.#monitored],
      noise: this.#noise.state(),
      batches: this.#options.batches.state(),
    };
  }

  /**
   * Continues where `state()` was taken, bit for bit.
   *
   * @throws LogdetError "usage" if the state is of another flow or optimizer.
   */
  restore(state: TrainingState): void {
    const { values, trainableLength } = this.store;
    const fits = (name: string) => state.buffers[name]?.length === trainableLength;
    if (state.values.length !== values.length || !this.#buffers.every(fits))
      throw new LogdetError("usage", "the training state is of another flow or optimizer");
    this.#last = undefined;
    this.#taken = state.step;
    values.set(state.values);
    for (const name of this.#buffers) this.store.buffer(name).set(state.buffers[name]);
    this.#slotSteps = state.slotSteps;
    this.#rateFactor = state.rateFactor;
    this.#best = { ...state.best, values: state.best.values.slice() };
    this.#sinceBest = state.evaluationsSinceBest;
    this.#history = [...state.history];
    this.#monitored = [...state.monitored];
    this.#noise = Random.from(state.noise);
    this.#options.batches.restore(state.batches);
  }

  /** Frees ONNX Runtime's sessions. */
  async release(): Promise<void> {
    await this.#step.release();
    await this.#likelihood.release();
    await this.#monitor?.release();
    await this.#watch?.release();
  }
}

/** What is wrong according to a piece of work, or with it: a matrix that has exploded cannot be inverted. */
async function guarded(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LogdetError && error.code === "numeric") return error.message;
    throw error;
  }
}
