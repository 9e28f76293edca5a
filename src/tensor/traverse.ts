// Walking and rebuilding the graph: the order of evaluation, substitution, common sub-expressions.

import { Constant, Input, Parameter, Tensor } from "./tensor.js";

/** Every tensor that the roots need, each after its inputs. */
export function topologicalOrder(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>(roots);
  const pending = [...roots];
  for (let node = pending.pop(); node; node = pending.pop())
    for (const from of node.inputs)
      if (!seen.has(from)) {
        seen.add(from);
        pending.push(from);
      }
  // Inputs are created before what uses them, so creation order is an order of evaluation.
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * Results of composites among the tensors, grouped by the call they come from: for each of them, all results of its
 * call by index (undefined where the tensors do not have it).
 */
export function callsIn(tensors: readonly Tensor[]): Map<Tensor, (Tensor | undefined)[]> {
  const calls = new Map<string, (Tensor | undefined)[]>();
  const byResult = new Map<Tensor, (Tensor | undefined)[]>();
  for (const node of tensors) {
    const { part } = node.operation;
    if (!part) continue;
    const key = `${part.of.name} ${node.inputs.map(({ id }) => id)} ${JSON.stringify(node.attributes)}`;
    const results = calls.get(key) ?? part.of.shapes(node.inputs, node.attributes).map(() => undefined);
    results[part.index] = node;
    calls.set(key, results);
    byResult.set(node, results);
  }
  return byResult;
}

/**
 * Rebuilds the graph above `roots`, bottom-up. `visit` gets each tensor and its rebuilt inputs, and returns the
 * tensor to put in its place.
 */
export function rebuild(
  roots: readonly Tensor[],
  visit: (node: Tensor, inputs: readonly Tensor[]) => Tensor,
): Tensor[] {
  const rebuilt = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder(roots))
    rebuilt.set(
      node,
      visit(
        node,
        node.inputs.map((from) => rebuilt.get(from) as Tensor),
      ),
    );
  return roots.map((root) => rebuilt.get(root) as Tensor);
}

/** The node itself if its inputs are unchanged, else the same operation on the new inputs. */
export function withInputs(node: Tensor, inputs: readonly Tensor[]): Tensor {
  return inputs.every((from, i) => from === node.inputs[i])
    ? node
    : new Tensor(node.operation, inputs, node.attributes);
}

/** The roots with some tensors replaced by others of the same shape. */
export function substitute(roots: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  return rebuild(roots, (node, inputs) => replacements.get(node) ?? withInputs(node, inputs));
}

/** The roots with equal sub-expressions merged, so that each is computed once. */
export function mergeCommon(roots: readonly Tensor[]): Tensor[] {
  const known = new Map<string, Tensor>();
  return rebuild(roots, (node, inputs) => {
    if (node instanceof Parameter || node instanceof Input) return node;
    const key =
      node instanceof Constant && node.values.length <= 16
        ? `constant ${node.shape} ${[...node.values].map((x) => (Object.is(x, -0) ? "-0" : x))}`
        : node instanceof Constant
          ? `constant #${node.id}`
          : `${node.operation.name} ${inputs.map((from) => from.id)} ${JSON.stringify(node.attributes)}`;
    const existing = known.get(key);
    if (existing) return existing;
    const kept = withInputs(node, inputs);
    known.set(key, kept);
    return kept;
  });
}
