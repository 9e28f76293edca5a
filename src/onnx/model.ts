// From tensors to the bytes of an ONNX model.

import { LogdetError } from "../errors.js";
import { Constant, type Tensor, topologicalOrder } from "../tensor/index.js";
import { spellings } from "./spelling.js";
import { type FloatType, GraphWriter } from "./writer.js";

/** A value that enters or leaves the graph under a name. */
export interface Port {
  readonly name: string;
  readonly tensor: Tensor;
  /**
   * Units of the outside world, one number a column: outside = inside · scale + center. The value outside is
   * float64, because raw columns (a time stamp, 1e30) do not fit float32; the conversion is part of the graph.
   */
  readonly units?: { readonly center: Float64Array; readonly scale: Float64Array };
}

export interface OnnxModelOptions {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly float?: FloatType;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes the graph that computes `outputs` from `inputs` as an ONNX model (opset 18, standard operators only).
 *
 * @throws LogdetError "usage" if a leaf is neither an input nor a constant, or an operation has no ONNX spelling
 * (logAbsDet and inverse: their values must be computed first, see runtime/).
 */
export function writeOnnxModel({
  inputs,
  outputs,
  float = "float32",
  metadata = {},
}: OnnxModelOptions): Uint8Array {
  const graph = new GraphWriter(float);
  const names = new Map<Tensor, string>();
  for (const { name, tensor, units } of inputs) {
    graph.input(name, units ? "double" : tensor.type, tensor.shape);
    names.set(tensor, units ? fromUnits(graph, name, units) : name);
  }
  for (const node of orderBelow(outputs, names)) {
    if (names.has(node)) continue;
    if (node instanceof Constant) {
      const value =
        node.rank === 0 ? graph.scalar(node.values[0]) : graph.floats(node.values, node.shape as number[]);
      names.set(node, value);
      continue;
    }
    const spell = spellings[node.operation.name];
    if (!spell)
      throw new LogdetError(
        "usage",
        `${node} has no ONNX spelling; give its value as an input or a constant`,
      );
    names.set(
      node,
      spell(
        node,
        node.inputs.map((from) => names.get(from) as string),
        graph,
      ),
    );
  }
  for (const { name, tensor, units } of outputs) {
    const value = names.get(tensor) as string;
    graph.output(
      name,
      units ? toUnits(graph, value, units) : value,
      units ? "double" : tensor.type,
      tensor.shape,
    );
  }
  return graph.finish(metadata);
}

/** Standardised values are cut here, so that their squares still fit float32. */
export const farthest = 1e9;

type Units = NonNullable<Port["units"]>;

function fromUnits(graph: GraphWriter, outside: string, { center, scale }: Units): string {
  const centered = graph.node("Sub", [outside, graph.doubles(center, [center.length])]);
  const scaled = graph.node("Div", [centered, graph.doubles(scale, [scale.length])]);
  // As in the library: a wild row gets a number, not NaN.
  const limit = graph.doubles(Float64Array.of(farthest), []);
  const cut = graph.node("Clip", [scaled, graph.node("Neg", [limit]), limit]);
  return graph.node("Cast", [cut], { to: graph.dataType("float") });
}

function toUnits(graph: GraphWriter, inside: string, { center, scale }: Units): string {
  const wide = graph.node("Cast", [inside], { to: graph.dataType("double") });
  const scaled = graph.node("Mul", [wide, graph.doubles(scale, [scale.length])]);
  return graph.node("Add", [scaled, graph.doubles(center, [center.length])]);
}

/** What the outputs need, without looking behind the inputs. */
function orderBelow(outputs: readonly Port[], known: ReadonlyMap<Tensor, string>): Tensor[] {
  const needed = new Set<Tensor>();
  const pending = outputs.map(({ tensor }) => tensor);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (needed.has(node) || known.has(node)) continue;
    needed.add(node);
    pending.push(...node.inputs);
  }
  return topologicalOrder(outputs.map(({ tensor }) => tensor)).filter((node) => needed.has(node));
}
