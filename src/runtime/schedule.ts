// In which order the parts of a program run, and by whom.

import { Constant, callsIn, Input, Parameter, type Tensor } from "../tensor/index.js";

/**
 * Who computes a value: the host (factorisations), an ONNX graph, or WebAssembly kernels called one by one.
 */
export type Executor = "host" | "graph" | "kernels";

/** Values that one executor computes in one go, in an order of evaluation. */
export interface Phase {
  readonly executor: Executor;
  readonly nodes: readonly Tensor[];
}

export const isLeaf = (node: Tensor): boolean =>
  node instanceof Parameter || node instanceof Input || node instanceof Constant;

/**
 * Splits an order of evaluation into phases, each as long as it can be: an executor goes on until everything left
 * waits for another.
 */
export function schedule(order: readonly Tensor[], executorOf: (node: Tensor) => Executor): Phase[] {
  const calls = callsIn(order);
  const done = new Set(order.filter(isLeaf));
  let waiting = order.filter((node) => !isLeaf(node));
  const phases: Phase[] = [];

  const readyFor = (executor: Executor): Tensor[] => {
    const taken = new Set<Tensor>();
    return waiting.filter((node) => {
      // The results of a call have the same inputs: they are ready together.
      const ready =
        executorOf(node) === executor && node.inputs.every((from) => done.has(from) || taken.has(from));
      if (ready) for (const result of calls.get(node) ?? [node]) if (result) taken.add(result);
      return ready;
    });
  };

  while (waiting.length > 0) {
    // A factorisation first: others may run while it is under way in a worker, and none can make it unnecessary.
    const others = (["host", "kernels", "graph"] as const).filter(
      (executor) => executor !== phases.at(-1)?.executor,
    );
    const phase = [...others, "host" as const]
      .map((executor) => ({ executor, nodes: readyFor(executor) }))
      .find(({ nodes }) => nodes.length > 0);
    if (!phase) throw new Error("a cycle in the expression graph");
    phases.push(phase);
    for (const node of phase.nodes) done.add(node);
    waiting = waiting.filter((node) => !done.has(node));
  }
  return phases;
}
