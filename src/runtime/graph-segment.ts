// Values that ONNX Runtime computes in one go, as one ONNX graph.

import { type Port, writeOnnxModel } from "../onnx/index.js";
import { Constant, Input, type Tensor } from "../tensor/index.js";
import { createSession, type OrtTensor, type Session, type SessionOptions } from "./session.js";

/** One ONNX graph: which values it takes and makes, in the order of its ports. */
export class GraphSegment {
  readonly #session: Session;
  readonly #takes: readonly Port[];
  readonly #makes: readonly Port[];

  private constructor(session: Session, takes: readonly Port[], makes: readonly Port[]) {
    this.#session = session;
    this.#takes = takes;
    this.#makes = makes;
  }

  /**
   * @param nodes what it computes
   * @param order every value of the program, each after its inputs
   * @param leaving which of the nodes are wanted outside
   */
  static async compile(
    nodes: ReadonlySet<Tensor>,
    order: readonly Tensor[],
    leaving: ReadonlyMap<Tensor, string>,
    options: SessionOptions,
  ): Promise<GraphSegment> {
    const wanted = new Set([...nodes].filter((node) => leaving.has(node)));
    const entering = new Set<Tensor>();
    for (const node of order)
      for (const from of node.inputs) {
        if (nodes.has(node) && !nodes.has(from) && !(from instanceof Constant)) entering.add(from);
        if (!nodes.has(node) && nodes.has(from)) wanted.add(from);
      }
    // Graphs that read the batch size need an input that has one, even if no operation takes its elements.
    if ([...nodes].some((node) => node.shape.includes("batch") || node.operation.name === "batchSize")) {
      const batched = order.find((node) => node instanceof Input && node.shape.includes("batch"));
      if (batched && ![...entering].some((node) => node.shape.includes("batch"))) entering.add(batched);
    }
    const takes = [...entering].map((tensor, i) => ({ name: `in_${i}`, tensor }));
    const makes = [...wanted].map((tensor, i) => ({ name: `out_${i}_${leaving.get(tensor) ?? ""}`, tensor }));
    const bytes = writeOnnxModel({ inputs: takes, outputs: makes, float: options.float });
    return new GraphSegment(await createSession(bytes, options), takes, makes);
  }

  /** Computes; `value` gives what it takes, `place` where it puts what it makes. */
  async run(value: (tensor: Tensor) => OrtTensor, place: (tensor: Tensor) => OrtTensor): Promise<void> {
    await this.#session.run(
      Object.fromEntries(this.#takes.map(({ name, tensor }) => [name, value(tensor)])),
      Object.fromEntries(this.#makes.map(({ name, tensor }) => [name, place(tensor)])),
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
