// A program: expressions made runnable. Small work is done by WebAssembly kernels, large products by ONNX graphs,
// log-determinants and inverses by the host; planner.ts chooses, schedule.ts puts them in order.

import { LogdetError } from "../errors.js";
import { type FloatType, fuseProducts } from "../onnx/index.js";
import {
  bindShape,
  Constant,
  type ElementType,
  expandComposites,
  fixedSize,
  formatShape,
  Input,
  mergeCommon,
  Parameter,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import { breathe, nextTurn } from "./breathe.js";
import { GraphSegment } from "./graph-segment.js";
import { KernelPlan } from "./kernel-plan.js";
import { factorizeAsync, factorizeEach } from "./linear-algebra.js";
import type { FloatArray, ParameterStore } from "./parameter-store.js";
import { chooseExecutors, hasKernel, isHost } from "./planner.js";
import { type Phase, schedule } from "./schedule.js";
import { type OrtTensor, onnxRuntime } from "./session.js";

export interface ProgramOptions {
  /** Where parameters' values are read, at every run. Needed if the outputs depend on parameters. */
  readonly parameters?: ParameterStore;
  readonly float?: FloatType;
  readonly threads?: number;
  /** Arrays that outputs are written into, instead of new ones: a gradient's place in the arena. */
  readonly into?: Readonly<Record<string, FloatArray>>;
  /**
   * "auto": kernels where they are the faster. "graph": ONNX Runtime for everything, as in an exported model.
   * Programs in float64 always run as graphs.
   */
  readonly executor?: "auto" | "graph";
}

type Settings = ProgramOptions & { readonly float: FloatType };

/** A batch given to a program: row-major values; the number of rows follows from the input's shape. */
export type ProgramInputs = Readonly<Record<string, FloatArray>>;

/** What a run needs that depends on the number of rows. */
interface Frame {
  readonly batch: number;
  readonly plan: KernelPlan | undefined;
  /** Values computed at this batch size, and the inputs of the current run. */
  readonly values: Map<Tensor, OrtTensor>;
  /** Parameters that kernels read, and their copies in the kernels' memory. */
  readonly copies: readonly (readonly [from: FloatArray, to: Float32Array])[];
}

/** Frames kept: another batch size than the last few, and old buffers are unlikely to be needed again. */
const mostFrames = 4;

/**
 * Expressions compiled to run over a parameter store's memory.
 *
 * Outputs are typed arrays that the next run overwrites; copy what must last. Runs asked for at the same time take
 * turns.
 *
 * @example
 * const program = await Program.compile({ density: flow.logProb(x) }, { parameters: store })
 * const { density } = await program.run({ x: rows })
 */
export class Program<Name extends string = string> {
  readonly #phases: readonly Phase[];
  readonly #segments: ReadonlyMap<Phase, GraphSegment>;
  readonly #outputs: ReadonlyMap<Name, Tensor>;
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #options: Settings;
  readonly #runtime: { Tensor: typeof OrtTensor };
  /** Parameters, constants, and computed values that do not depend on the batch. */
  readonly #fixed = new Map<Tensor, OrtTensor>();
  readonly #frames = new Map<number, Frame>();
  /** The last run that was asked for, until it has ended. */
  #running: Promise<unknown> | undefined;

  private constructor(
    phases: readonly Phase[],
    segments: ReadonlyMap<Phase, GraphSegment>,
    outputs: ReadonlyMap<Name, Tensor>,
    inputs: ReadonlyMap<string, Input>,
    options: Settings,
    runtime: { Tensor: typeof OrtTensor },
  ) {
    this.#phases = phases;
    this.#segments = segments;
    this.#outputs = outputs;
    this.#inputs = inputs;
    this.#options = options;
    this.#runtime = runtime;
  }

  /** Compiles; takes milliseconds for a small graph, about a second for thousands of operations. */
  static async compile<Name extends string>(
    outputs: Readonly<Record<Name, Tensor>>,
    options: ProgramOptions = {},
  ): Promise<Program<Name>> {
    const names = Object.keys(outputs) as Name[];
    const settings = { ...options, float: options.float ?? options.parameters?.float ?? "float32" };
    const kernels = settings.float === "float32" && options.executor !== "graph";
    const expanded = expandComposites(
      names.map((name) => outputs[name]),
      (composite) => kernels && hasKernel(composite),
    );
    const roots = fuseProducts(mergeCommon(expanded), settings.float);
    const compiled = new Map(names.map((name, i) => [name, roots[i]]));
    const order = topologicalOrder(roots);
    const inputs = check(order, compiled, settings);
    const choose = kernels ? chooseExecutors(order) : (node: Tensor) => (isHost(node) ? "host" : "graph");
    const phases = schedule(order, choose);
    const leaving = new Map([...compiled].map(([name, tensor]) => [tensor, name]));
    const segments = new Map<Phase, GraphSegment>();
    for (const phase of phases)
      if (phase.executor === "graph")
        segments.set(phase, await GraphSegment.compile(new Set(phase.nodes), order, leaving, settings));
    return new Program(phases, segments, compiled, inputs, settings, await onnxRuntime());
  }

  /**
   * Runs the program on a batch.
   *
   * @throws LogdetError "shape" if an input is missing or does not fill whole rows, "numeric" if a matrix to be
   * inverted is singular.
   */
  async run(given: ProgramInputs = {}): Promise<Record<Name, FloatArray>> {
    const before = this.#running;
    const mine = this.#inTurn(before, given);
    this.#running = mine;
    try {
      return await mine;
    } finally {
      if (this.#running === mine) this.#running = undefined;
    }
  }

  /** Runs after the one before, if that is under way, and once whoever asked for it has had a turn to copy. */
  async #inTurn(
    before: Promise<unknown> | undefined,
    given: ProgramInputs,
  ): Promise<Record<Name, FloatArray>> {
    if (before) {
      await Promise.allSettled([before]);
      await nextTurn();
    } else await breathe();
    return this.#execute(given);
  }

  async #execute(given: ProgramInputs): Promise<Record<Name, FloatArray>> {
    const frame = this.#bind(given);
    const value = (node: Tensor) => this.#value(node, frame);
    for (const phase of this.#phases) {
      if (phase.executor === "kernels") frame.plan?.run(phase);
      else if (phase.executor === "graph") await this.#segments.get(phase)?.run(value, value);
      else await this.#factorize(phase, value);
    }
    const results = {} as Record<Name, FloatArray>;
    for (const [name, tensor] of this.#outputs) {
      const data = value(tensor).data as FloatArray;
      const wanted = this.#options.into?.[name] ?? data;
      if (wanted.length !== data.length)
        throw new LogdetError(
          "shape",
          `output ${name} has ${data.length} values, its array ${wanted.length}`,
        );
      // Kernels work in a memory of their own, two outputs may be one value, or an output a value the caller gave.
      if (wanted !== data) wanted.set(data);
      results[name] = wanted;
    }
    return results;
  }

  /** Frees ONNX Runtime's memory. The program cannot run afterwards. */
  async release(): Promise<void> {
    for (const segment of this.#segments.values()) await segment.release();
  }

  get float(): FloatType {
    return this.#options.float;
  }

  #array(length: number): FloatArray {
    return this.float === "float64" ? new Float64Array(length) : new Float32Array(length);
  }

  #tensor(data: FloatArray, shape: readonly number[]): OrtTensor {
    return new this.#runtime.Tensor(this.float, data, shape);
  }

  /** Only floats leave a program, but conditions and indices may pass from one graph to the next. */
  #allocate(type: ElementType, length: number, shape: readonly number[]): OrtTensor {
    if (type === "bool") return new this.#runtime.Tensor("bool", new Uint8Array(length), shape);
    if (type === "int") return new this.#runtime.Tensor("int64", new BigInt64Array(length), shape);
    return this.#tensor(this.#array(length), shape);
  }

  /** Checks the inputs, and puts them where they are read. */
  #bind(given: ProgramInputs): Frame {
    let batch: number | undefined;
    for (const [name, node] of this.#inputs) {
      const data = given[name];
      if (!data)
        throw new LogdetError("shape", `the program needs the input ${name}${formatShape(node.shape)}`);
      if (data.BYTES_PER_ELEMENT !== (this.float === "float64" ? 8 : 4))
        throw new LogdetError("shape", `input ${name} must be ${this.float}, got a ${data.constructor.name}`);
      const row = node.shape.reduce<number>((n, size) => (size === "batch" ? n : n * size), 1);
      const rows = data.length / row;
      const batched = node.shape.includes("batch");
      if (!Number.isInteger(rows) || (batched ? batch !== undefined && rows !== batch : rows !== 1))
        throw new LogdetError(
          "shape",
          `input ${name} must be ${formatShape(node.shape)}${batched && batch !== undefined ? ` with batch = ${batch}` : ""}, got ${data.length} values`,
        );
      if (batched) batch = rows;
    }
    const frame = this.#frame(batch ?? 1);
    for (const [name, node] of this.#inputs) {
      frame.values.set(node, this.#tensor(given[name], bindShape(node.shape, frame.batch)));
      frame.plan?.view(node)?.set(given[name]);
    }
    for (const [from, to] of frame.copies) to.set(from);
    return frame;
  }

  #frame(batch: number): Frame {
    const existing = this.#frames.get(batch);
    if (existing) return existing;
    const hasKernels = this.#phases.some(({ executor }) => executor === "kernels");
    const plan = hasKernels ? new KernelPlan(this.#phases, [...this.#outputs.values()], batch) : undefined;
    const { parameters } = this.#options;
    const copies = (plan?.parameters ?? []).flatMap((parameter) => {
      const copy = plan?.view(parameter);
      return copy && parameters ? [[parameters.view(parameter), copy] as const] : [];
    });
    const frame = { batch, plan, values: new Map<Tensor, OrtTensor>(), copies };
    if (this.#frames.size >= mostFrames) this.#frames.clear();
    this.#frames.set(batch, frame);
    return frame;
  }

  /** A value of the current run, or the place where it is going to be. */
  #value(node: Tensor, { batch, plan, values }: Frame): OrtTensor {
    const known = values.get(node) ?? this.#fixed.get(node);
    if (known) return known;
    const shape = bindShape(node.shape, batch);
    if (node instanceof Parameter && this.#options.parameters)
      return remember(this.#fixed, node, this.#tensor(this.#options.parameters.view(node), shape));
    if (node instanceof Constant) {
      const data = this.#array(node.values.length);
      data.set(node.values);
      return remember(this.#fixed, node, this.#tensor(data, shape));
    }
    const inPlan = plan?.view(node);
    if (inPlan) return remember(values, node, this.#tensor(inPlan, shape));

    const length = fixedSize(shape) ?? 0;
    const name = [...this.#outputs].find(([, tensor]) => tensor === node)?.[0];
    const given = name === undefined ? undefined : this.#options.into?.[name];
    if (given && given.length !== length)
      throw new LogdetError("shape", `output ${name} has ${length} values, its array ${given.length}`);
    const tensor = given ? this.#tensor(given, shape) : this.#allocate(node.type, length, shape);
    return remember(node.shape.includes("batch") ? values : this.#fixed, node, tensor);
  }

  /** One factorisation serves the determinant and the inverse of a matrix, or of the matrices of all rows. */
  async #factorize({ nodes }: Phase, value: (node: Tensor) => OrtTensor): Promise<void> {
    for (const matrix of new Set(nodes.map(({ inputs }) => inputs[0]))) {
      const wanted = nodes.filter(({ inputs }) => inputs[0] === matrix);
      const place = (...names: string[]) => {
        const places = wanted.filter(({ operation }) => names.includes(operation.name)).map(value);
        return places.map(({ data }) => data as FloatArray);
      };
      const logAbsDets = place("logAbsDet", "logAbsDetEach");
      const inverses = place("inverse", "inverseEach");
      const data = value(matrix).data as FloatArray;
      const n = matrix.shape[matrix.rank - 1] as number;
      if (matrix.rank === 3) await factorizeEach(data, n, { logAbsDet: logAbsDets[0], inverse: inverses[0] });
      else {
        const result = await factorizeAsync(data, n, { inverse: inverses.length > 0 });
        for (const target of logAbsDets) target[0] = result.logAbsDet;
        for (const target of inverses) if (result.inverse) target.set(result.inverse);
      }
    }
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}

/** The inputs of a program by name. @throws LogdetError "usage" for what no program can do. */
function check(
  order: readonly Tensor[],
  outputs: ReadonlyMap<string, Tensor>,
  { parameters }: Settings,
): Map<string, Input> {
  for (const node of order)
    if (node instanceof Parameter && !parameters?.has(node))
      throw new LogdetError("usage", `the program needs ${node}, which is not in its parameter store`);
  for (const [name, { type }] of outputs)
    if (type !== "float")
      throw new LogdetError("usage", `output ${name} is ${type}; programs give floats: wrap it in toFloat`);
  const inputs = new Map<string, Input>();
  for (const node of order) {
    if (!(node instanceof Input)) continue;
    if (node.type !== "float")
      throw new LogdetError("usage", `input ${node.name} is ${node.type}; programs take floats: see toInt`);
    if (inputs.has(node.name))
      throw new LogdetError("usage", `the program has two inputs named ${node.name}`);
    inputs.set(node.name, node);
  }
  return inputs;
}
