// Determinants and inverses of a matrix in every row, for exported models: ONNX has no inverse, and ONNX Runtime's Det
// neither takes float64 nor keeps from overflowing. Elimination with partial pivoting, written out node by node: some
// dozen nodes a column. Programs of the library leave such matrices to the host.

import type { Tensor } from "../tensor/index.js";
import type { GraphWriter } from "./writer.js";

const cut = (graph: GraphWriter, x: string, axis: number, from: number, to: number) =>
  graph.node("Slice", [x, graph.ints([from]), graph.ints([to]), graph.ints([axis])]);

/**
 * One column of the elimination. Of `count` rows [batch, count, width], the one among the first `active` whose first
 * element is largest is taken out; the others lose its multiple that makes their first element 0, and then that element.
 *
 * @returns the others, [batch, count − 1, width − 1], in their order but for the first row, which takes the free place;
 * the pivot [batch, 1, 1]; its row divided by it, without the first element
 */
function eliminate(graph: GraphWriter, rows: string, count: number, active: number, width: number) {
  const sizes = graph.node("Abs", [cut(graph, cut(graph, rows, 2, 0, 1), 1, 0, active)]);
  const largest = graph.node("ArgMax", [sizes], { axis: 1, keepdims: 1 });
  const places = graph.shared("Unsqueeze", [graph.ints([...Array(count).keys()]), graph.ints([0, 2])]);
  const isPivot = graph.node("Equal", [places, largest]);
  const chosen = graph.node("Where", [isPivot, rows, graph.scalar(0)]);
  const row = graph.node("ReduceSum", [chosen, graph.ints([1])], { keepdims: 1 });
  const pivot = cut(graph, row, 2, 0, 1);
  const divided = graph.node("Div", [cut(graph, row, 2, 1, width), pivot]);
  const filled = graph.node("Where", [isPivot, cut(graph, rows, 1, 0, 1), rows]);
  const others = cut(graph, filled, 1, 1, count);
  const taken = graph.node("Mul", [cut(graph, others, 2, 0, 1), divided]);
  return { rest: graph.node("Sub", [cut(graph, others, 2, 1, width), taken]), pivot, divided };
}

/** log|det| of [batch, n, n]: [batch]. */
export function logAbsDetEach(
  { inputs: [matrices] }: Tensor,
  [x]: readonly string[],
  graph: GraphWriter,
): string {
  const n = matrices.shape[1] as number;
  const pivots: string[] = [];
  let rows = x;
  for (let size = n; size > 1; size--) {
    const { rest, pivot } = eliminate(graph, rows, size, size, size);
    pivots.push(pivot);
    rows = rest;
  }
  const all = graph.node("Concat", [...pivots, rows], { axis: 1 });
  const logs = graph.node("Log", [graph.node("Abs", [all])]);
  return graph.node("ReduceSum", [logs, graph.ints([1, 2])], { keepdims: 0 });
}

/** The inverses of [batch, n, n], by Gauss and Jordan. */
export function inverseEach(
  { inputs: [matrices] }: Tensor,
  [x]: readonly string[],
  graph: GraphWriter,
): string {
  const n = matrices.shape[1] as number;
  const one = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  const beside = graph.node("Expand", [graph.floats(one, [1, n, n]), graph.node("Shape", [x])]);
  // Rows that were taken out come back last, in the order of their columns: in the end, the inverse.
  let rows = graph.node("Concat", [x, beside], { axis: 2 });
  for (let column = 0; column < n; column++) {
    const { rest, divided } = eliminate(graph, rows, n, n - column, 2 * n - column);
    rows = n > 1 ? graph.node("Concat", [rest, divided], { axis: 1 }) : divided;
  }
  return rows;
}
