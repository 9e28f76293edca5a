// One training step: the gradient program, the optimizer's update over the arena, and what an estimator does besides.

import { LogdetError } from "../errors.js";
import type { Flow } from "../flows/index.js";
import type {
  Companion,
  Drift,
  JacobianEstimator,
  RunningCompanion,
  TrainingProblem,
} from "../jacobian/index.js";
import { type ArrayKernels, instantiateKernels } from "../kernels/index.js";
import type { Optimizer } from "../optimizers/index.js";
import { Random } from "../random/index.js";
import { type FloatArray, ParameterStore, Program } from "../runtime/index.js";
import {
  constant,
  exactRules,
  type GradientRule,
  gradients,
  input,
  type JacobianRules,
  mean,
  neg,
  Parameter,
  substitute,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import { limitNorm, MultiplicativeStep } from "./multiplicative.js";
import { type BuiltPenalty, type Penalty, penaltyGradients, sumOf } from "./penalty.js";

export interface StepOptions {
  readonly estimator: JacobianEstimator;
  readonly optimizer: Optimizer;
  /** Largest Frobenius norm of a step in the Lie algebra, in (0, 1); only for estimators that multiply. */
  readonly stepClip?: number;
  /** Largest Euclidean norm of the whole gradient; larger ones are scaled down. Default: no limit. */
  readonly gradientClip?: number;
  readonly threads?: number;
  readonly float?: "float32" | "float64";
  /** Terms of the loss beside the negative log-likelihood. */
  readonly penalties?: readonly Penalty[];
  /** Further buffers to keep beside the parameters. */
  readonly buffers?: readonly string[];
  /** Of the estimator's own random numbers; each step's depend on the seed and the step's number alone. */
  readonly random?: Random;
}

/** What is made once and used by every step. */
interface Parts {
  readonly flow: Flow;
  readonly store: ParameterStore;
  readonly kernels: ArrayKernels;
  readonly program: Program;
  readonly companion: Companion;
  readonly penalties: readonly BuiltPenalty[];
  readonly host: RunningCompanion | undefined;
  readonly multiplicative: MultiplicativeStep | undefined;
  /** Elements at the start of the arena that the optimizer does not move directly. */
  readonly matricesEnd: number;
}

/**
 * The parameters of a flow, ready to be trained step by step. The loop around it (evaluation, schedules, stopping)
 * is the Trainer's.
 *
 * The loss that a step returns leaves out every log|det W|, whose value costs O(D³) and which no gradient here
 * needs: watch it for NaN, not for progress. Estimators that carry the determinants along (`tracked`, `rank-one`)
 * return the whole negative log-likelihood. Penalties are not in it; their gradients are in the gradient.
 */
export class TrainingStep {
  readonly flow: Flow;
  readonly store: ParameterStore;
  readonly kernels: ArrayKernels;
  readonly #options: StepOptions;
  readonly #parts: Parts;
  readonly #random: Random;
  /** Of the last gradient, for the update that follows it. */
  #last: { rows: number; random: Random; values: Readonly<Record<string, FloatArray>> } | undefined;

  private constructor(parts: Parts, options: StepOptions) {
    this.flow = parts.flow;
    this.store = parts.store;
    this.kernels = parts.kernels;
    this.#parts = parts;
    this.#options = options;
    this.#random = options.random ?? new Random(0);
  }

  /** Builds and compiles the gradient program. */
  static async create(flow: Flow, options: StepOptions): Promise<TrainingStep> {
    const { estimator, optimizer, threads, stepClip = 0.3, float = "float32", buffers = [] } = options;
    const x = input("x", ["batch", flow.dim]);
    const loss = neg(mean(flow.logProb(x)));
    const matrices = volumeMatrices(loss);
    const problem: TrainingProblem = { flow, x, loss, matrices, rules: rulesFor(estimator, matrices) };
    const companion = estimator.accompany?.(problem) ?? {};
    const penalties = (options.penalties ?? []).map((penalty) => penalty.build(flow, x));
    if (penalties.length > 0 && estimator.update === "own")
      throw new LogdetError(
        "usage",
        `the estimator ${estimator.name} moves its matrices by the likelihood alone: it knows no penalties`,
        { hint: "Choose another estimator, lie or relative say, or leave the penalties out." },
      );
    // With a penalty G is no longer the product of two thin factors.
    const plain = (optimizer.plain ?? false) && penalties.length === 0;
    const multiplicative =
      estimator.update === "multiply"
        ? new MultiplicativeStep(problem, { estimator, stepClip, plain, threads })
        : undefined;

    const apart = estimator.update === "add" ? [] : matrices;
    const all = [...Object.values(flow.parameters), ...(companion.parameters ?? [])];
    const ordered = [...apart, ...all.filter((p) => !apart.includes(p))];
    const store = new ParameterStore(ordered, {
      float,
      buffers: ["gradient", ...optimizer.slots, ...buffers],
      scratch: multiplicative?.scratch,
    });
    const trainable = ordered.filter((p) => p.trainable);
    const likelihood =
      companion.gradients?.(trainable) ?? gradients(loss, trainable, { rules: problem.rules });
    const found = penalties.reduce(
      (sofar, { value }) => sumOf(sofar, penaltyGradients(value, trainable, { estimator, loss, matrices })),
      likelihood,
    );
    const outputs: Record<string, Tensor> = {
      // A mixture's gradients ask for the determinants anyway: each component's weighs in with its share of the rows.
      loss: companion.loss ?? (volumeTerms(likelihood).length > 0 ? loss : withoutVolume(loss)),
      ...companion.outputs,
      ...multiplicative?.outputs,
    };
    const into: Record<string, FloatArray> = {};
    for (const [i, gradient] of found.entries())
      if (gradient) {
        outputs[`gradient_${i}`] = gradient;
        into[`gradient_${i}`] = store.view(trainable[i], "gradient");
      }
    const program = await Program.compile(outputs, { parameters: store, threads, into });
    await multiplicative?.start(store);
    const kernels = instantiateKernels(store.memory)[store.float];
    const host = await companion.start?.({ store, kernels, slots: optimizer.slots, threads });
    const next = store.parameters[apart.length];
    const matricesEnd = apart.length === 0 ? 0 : next?.trainable ? store.offset(next) : store.trainableLength;
    const parts = { flow, store, kernels, program, companion, penalties, host, multiplicative, matricesEnd };
    return new TrainingStep(parts, options);
  }

  /**
   * Gradient of a batch, row-major [rows, D], into the store's "gradient" buffer. Returns the loss.
   *
   * @param number which of the estimator's random numbers to use: a step's number
   */
  async gradient(batch: FloatArray, number = 1): Promise<number> {
    const { program, companion, penalties, host } = this.#parts;
    const rows = batch.length / this.flow.dim;
    const random = this.#random.split(`step ${number}`);
    await host?.before?.();
    const noise = [companion, ...penalties].flatMap(({ noise }, i) =>
      Object.entries(noise?.(rows, random.split(i === 0 ? "noise" : `penalty ${i}`)) ?? {}),
    );
    const values = await program.run({
      x: this.#floats(batch),
      ...Object.fromEntries(noise.map(([name, drawn]) => [name, this.#floats(drawn)])),
    });
    this.#last = { rows, random, values };
    return values.loss[0];
  }

  /**
   * Moves the parameters along the gradient in the buffer. `step` counts from 1.
   *
   * @returns what an estimator that carries determinants along found when it checked them, at the steps where it does
   */
  async update(learningRate: number, step: number): Promise<Drift | undefined> {
    const { store, kernels } = this;
    const { multiplicative, host, matricesEnd } = this.#parts;
    const { optimizer, gradientClip } = this.#options;
    const gradient = store.buffer("gradient");
    const slots = optimizer.slots.map((name) => store.buffer(name));
    const clip = gradientClip === undefined ? 1 : limitNorm(kernels, gradient, gradientClip);
    const range = (target: FloatArray, from: number, to: number) =>
      optimizer.update({
        kernels,
        target,
        gradient: gradient.subarray(from, to),
        slots: slots.map((slot) => slot.subarray(from, to)),
        learningRate,
        step,
      });
    const { rows = 0, values = {}, random = this.#random } = this.#last ?? {};
    await multiplicative?.run(store, kernels, range, { learningRate, clip, rows, values });
    if (matricesEnd < store.trainableLength)
      range(store.trainable.subarray(matricesEnd), matricesEnd, store.trainableLength);
    return host?.after?.({ learningRate, step, rows, values, clip, random });
  }

  /**
   * A formula with every log|det W| and W^{-1} that the estimator has at hand in place of its computation: under
   * `tracked` and `rank-one` exact densities and samples then need no factorisation. Other estimators know none, and
   * the formula stays as it is.
   *
   * @example const sampler = await Program.compile({ x: step.known(flow.sample(noise)) }, { parameters: step.store })
   */
  known(formula: Tensor): Tensor {
    const replaced = topologicalOrder([formula]).flatMap((node): [Tensor, Tensor][] => {
      const value = isHost(node) ? this.#parts.companion.known?.(node) : undefined;
      return value ? [[node, value]] : [];
    });
    return substitute([formula], new Map(replaced))[0];
  }

  async release(): Promise<void> {
    const { program, multiplicative, host } = this.#parts;
    await program.release();
    await multiplicative?.release();
    await host?.release?.();
  }

  /** Numbers in the program's precision. */
  #floats(values: FloatArray): FloatArray {
    if (this.store.float === "float64") return Float64Array.from(values);
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }
}

const isVolume = ({ operation }: Tensor) => operation.name === "logAbsDet";
const isHost = (node: Tensor) => isVolume(node) || node.operation.name === "inverse";

const volumeTerms = (roots: readonly (Tensor | undefined)[]) =>
  topologicalOrder(roots.filter((root) => root !== undefined)).filter(isVolume);

/** The trained parameters whose log|det| enters the loss. */
function volumeMatrices(loss: Tensor): Parameter[] {
  const parameters = volumeTerms([loss])
    .map((node) => node.inputs[0])
    .filter((matrix) => matrix instanceof Parameter);
  return [...new Set(parameters.filter(({ trainable }) => trainable))];
}

/**
 * The estimator's rules, for these matrices alone. A dense map inside a network, or a matrix that is computed from
 * other parameters, keeps the ordinary gradient: a relative one would be passed on as if it were that.
 */
function rulesFor({ rules }: JacobianEstimator, matrices: readonly Tensor[]): JacobianRules {
  const only = (name: keyof JacobianRules, position: number): GradientRule => {
    const rule = rules[name] ?? exactRules[name];
    return (node, upstream) =>
      (matrices.includes(node.inputs[position]) ? rule : exactRules[name])(node, upstream);
  };
  return { linear: only("linear", 1), logAbsDet: only("logAbsDet", 0) };
}

function withoutVolume(loss: Tensor): Tensor {
  const none = constant(0);
  const [data] = substitute([loss], new Map(volumeTerms([loss]).map((node) => [node, none])));
  return data;
}
