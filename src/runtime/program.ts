// A program: expressions made runnable. Most of it is ONNX graphs; log-determinants and inverses are computed on the
// host between them, and only those that an output really needs.

import { LogdetError } from "../errors.js";
import { type FloatType, fuseProducts, type Port, writeOnnxModel } from "../onnx/index.js";
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
import { factorizeAsync } from "./linear-algebra.js";
import type { FloatArray, ParameterStore } from "./parameter-store.js";
import { createSession, type InferenceSession, type OrtTensor, onnxRuntime } from "./session.js";

export interface ProgramOptions {
  /** Where parameters' values are read, at every run. Needed if the outputs depend on parameters. */
  readonly parameters?: ParameterStore;
  readonly float?: FloatType;
  readonly threads?: number;
  /** Arrays that outputs are written into, instead of new ones: a gradient's place in the arena. */
  readonly into?: Readonly<Record<string, FloatArray>>;
}

type Settings = ProgramOptions & { readonly float: FloatType };

/** A batch given to a program: row-major values; the number of rows follows from the input's shape. */
export type ProgramInputs = Readonly<Record<string, FloatArray>>;

const isHost = (node: Tensor) => node.operation.name === "logAbsDet" || node.operation.name === "inverse";
const isLeaf = (node: Tensor) =>
  node instanceof Parameter || node instanceof Input || node instanceof Constant;

/** What the host computes from one matrix. */
interface HostWork {
  readonly matrix: Tensor;
  readonly nodes: Tensor[];
}

/** One ONNX graph: which values it takes and makes, in the order of its ports. */
interface Segment {
  readonly session: InferenceSession;
  readonly takes: readonly Port[];
  readonly makes: readonly Port[];
}

/** Steps of a run in order: first the host operations whose arguments are ready, then a graph. */
interface Phase {
  readonly host: readonly HostWork[];
  readonly segment: Segment | undefined;
}

/**
 * Expressions compiled to run on ONNX Runtime over a parameter store's memory.
 *
 * Outputs are typed arrays that the next run overwrites; copy what must last.
 *
 * @example
 * const program = await Program.compile({ density: flow.logProb(x) }, { parameters: store })
 * const { density } = await program.run({ x: rows })
 */
export class Program<Name extends string = string> {
  readonly #phases: readonly Phase[];
  readonly #outputs: ReadonlyMap<Name, Tensor>;
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #options: Settings;
  readonly #runtime: { Tensor: typeof OrtTensor };
  readonly #fixed = new Map<Tensor, OrtTensor>();
  readonly #made = new Map<Tensor, Map<number, OrtTensor>>();

  private constructor(
    phases: readonly Phase[],
    outputs: ReadonlyMap<Name, Tensor>,
    inputs: ReadonlyMap<string, Input>,
    options: Settings,
    runtime: { Tensor: typeof OrtTensor },
  ) {
    this.#phases = phases;
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
    const roots = fuseProducts(
      mergeCommon(expandComposites(names.map((name) => outputs[name]))),
      settings.float,
    );
    const compiled = new Map(names.map((name, i) => [name, roots[i]]));
    const order = topologicalOrder(roots);
    for (const node of order)
      if (node instanceof Parameter && !options.parameters?.has(node))
        throw new LogdetError("usage", `the program needs ${node}, which is not in its parameter store`);
    for (const [name, { type }] of compiled)
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
    const phases: Phase[] = [];
    for (const { host, nodes } of schedule(order)) {
      const segment = await compileSegment(nodes, order, roots, compiled, settings);
      phases.push({ host, segment });
    }
    return new Program(phases, compiled, inputs, settings, await onnxRuntime());
  }

  /**
   * Runs the program on a batch.
   *
   * @throws LogdetError "shape" if an input is missing or does not fill whole rows, "numeric" if a matrix to be
   * inverted is singular.
   */
  async run(given: ProgramInputs = {}): Promise<Record<Name, FloatArray>> {
    const { batch, values } = this.#bind(given);
    for (const { host, segment } of this.#phases) {
      for (const work of host) await this.#runHost(work, values, batch);
      if (!segment) continue;
      const feeds = Object.fromEntries(
        segment.takes.map(({ name, tensor }) => [name, this.#value(tensor, values, batch)]),
      );
      const fetches = Object.fromEntries(
        segment.makes.map(({ name, tensor }) => [name, this.#place(tensor, batch)]),
      );
      await segment.session.run(feeds, fetches);
      for (const { tensor } of segment.makes) values.set(tensor, this.#place(tensor, batch));
    }
    const results = {} as Record<Name, FloatArray>;
    for (const [name, tensor] of this.#outputs) {
      const data = this.#value(tensor, values, batch).data as FloatArray;
      const wanted = this.#options.into?.[name] ?? data;
      // Two outputs may be one value, or an output a value the caller gave: those are copied to where they belong.
      if (wanted !== data) wanted.set(data);
      results[name] = wanted;
    }
    return results;
  }

  /** Frees ONNX Runtime's memory. The program cannot run afterwards. */
  async release(): Promise<void> {
    for (const { segment } of this.#phases) await segment?.session.release();
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

  #bind(given: ProgramInputs): { batch: number; values: Map<Tensor, OrtTensor> } {
    const values = new Map<Tensor, OrtTensor>();
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
      values.set(node, this.#tensor(data, bindShape(node.shape, rows)));
    }
    return { batch: batch ?? 1, values };
  }

  #value(node: Tensor, values: ReadonlyMap<Tensor, OrtTensor>, batch: number): OrtTensor {
    const value = values.get(node) ?? this.#fixed.get(node);
    if (value) return value;
    if (node instanceof Parameter && this.#options.parameters) {
      const tensor = this.#tensor(this.#options.parameters.view(node), node.shape);
      this.#fixed.set(node, tensor);
      return tensor;
    }
    if (node instanceof Constant) {
      const data = this.#array(node.values.length);
      data.set(node.values);
      const tensor = this.#tensor(data, node.shape as readonly number[]);
      this.#fixed.set(node, tensor);
      return tensor;
    }
    return this.#place(node, batch);
  }

  /** Where a computed value is put: the caller's array if one was given, else one kept for this batch size. */
  #place(node: Tensor, batch: number): OrtTensor {
    const key = node.shape.includes("batch") ? batch : 0;
    const bySize = this.#made.get(node) ?? new Map<number, OrtTensor>();
    this.#made.set(node, bySize);
    const existing = bySize.get(key);
    if (existing) return existing;
    const shape = bindShape(node.shape, batch);
    const length = fixedSize(shape) ?? 0;
    const name = [...this.#outputs].find(([, tensor]) => tensor === node)?.[0];
    const given = name === undefined ? undefined : this.#options.into?.[name];
    if (given && given.length !== length)
      throw new LogdetError("shape", `output ${name} has ${length} values, its array ${given.length}`);
    // Another batch size than before: the old buffers are unlikely to be needed again.
    if (bySize.size > 3) bySize.clear();
    const tensor = given ? this.#tensor(given, shape) : this.#allocate(node.type, length, shape);
    bySize.set(key, tensor);
    return tensor;
  }

  async #runHost({ matrix, nodes }: HostWork, values: Map<Tensor, OrtTensor>, batch: number): Promise<void> {
    const data = this.#value(matrix, values, batch).data as FloatArray;
    const wantsInverse = nodes.some((node) => node.operation.name === "inverse");
    const result = await factorizeAsync(data, matrix.shape[0] as number, { inverse: wantsInverse });
    for (const node of nodes) {
      const place = this.#place(node, batch);
      const target = place.data as FloatArray;
      if (node.operation.name === "logAbsDet") target[0] = result.logAbsDet;
      else if (result.inverse) target.set(result.inverse);
      values.set(node, place);
    }
  }
}

/**
 * Which host operations and graph operations run together. A host operation on leaves can run at once; one on
 * computed values waits for the graph that makes them, and a graph for the host values it uses.
 */
function schedule(order: readonly Tensor[]): { host: HostWork[]; nodes: Set<Tensor> }[] {
  const ready = new Map<Tensor, number>();
  const phases: { host: HostWork[]; nodes: Set<Tensor> }[] = [];
  for (const node of order) {
    if (isLeaf(node)) continue;
    const after = Math.max(-1, ...node.inputs.map((from) => ready.get(from) ?? -1));
    const phase = isHost(node) ? after + 1 : Math.max(0, after);
    ready.set(node, phase);
    for (let i = phases.length; i <= phase; i++) phases.push({ host: [], nodes: new Set() });
    const { host, nodes } = phases[phase];
    if (!isHost(node)) {
      nodes.add(node);
      continue;
    }
    // One factorisation serves the determinant and the inverse of a matrix.
    const work = host.find(({ matrix }) => matrix === node.inputs[0]);
    if (work) work.nodes.push(node);
    else host.push({ matrix: node.inputs[0], nodes: [node] });
  }
  return phases;
}

async function compileSegment(
  nodes: ReadonlySet<Tensor>,
  order: readonly Tensor[],
  roots: readonly Tensor[],
  outputs: ReadonlyMap<string, Tensor>,
  settings: Settings,
): Promise<Segment | undefined> {
  if (nodes.size === 0) return undefined;
  const leaving = new Set([...nodes].filter((node) => roots.includes(node)));
  const entering = new Set<Tensor>();
  for (const node of order)
    for (const from of node.inputs) {
      if (nodes.has(node) && !nodes.has(from) && !(from instanceof Constant)) entering.add(from);
      if (!nodes.has(node) && nodes.has(from)) leaving.add(from);
    }
  // Graphs that read the batch size need an input that has one, even if no operation takes its elements.
  if ([...nodes].some((node) => node.shape.includes("batch") || node.operation.name === "batchSize")) {
    const batched = order.find((node) => node instanceof Input && node.shape.includes("batch"));
    if (batched && ![...entering].some((node) => node.shape.includes("batch"))) entering.add(batched);
  }
  const name = new Map([...outputs].map(([key, tensor]) => [tensor, key]));
  const takes = [...entering].map((tensor, i) => ({ name: `in_${i}`, tensor }));
  const makes = [...leaving].map((tensor, i) => ({ name: `out_${i}_${name.get(tensor) ?? ""}`, tensor }));
  const bytes = writeOnnxModel({ inputs: takes, outputs: makes, float: settings.float });
  return { session: await createSession(bytes, settings), takes, makes };
}
