// How each operation is written in ONNX: one entry an operation.

import { type Attributes, fixedSize, type Shape, type Tensor } from "../tensor/index.js";
import { inverseEach, logAbsDetEach } from "./elimination.js";
import type { GraphWriter } from "./writer.js";

/** Writes a node, given the names of its inputs' values; returns the name of the result. */
export type Spelling = (node: Tensor, inputs: readonly string[], graph: GraphWriter) => string;

/** An operation that ONNX has under another name. */
const direct =
  (opType: string): Spelling =>
  (_, inputs, graph) =>
    graph.node(opType, inputs);

const reduce =
  (opType: string): Spelling =>
  ({ attributes }, [x], graph) =>
    graph.node(opType, [x, graph.ints(attributes.axes as number[])], { keepdims: attributes.keep ? 1 : 0 });

/**
 * erf in float64, which ONNX Runtime's Erf lacks: the Fourier series 2/π (x/5 + Σ exp(−n²/25) sin(2nx/5) / n) of the
 * sum of erf's shifted by multiples of 5π, right to the last bits for |x| ≤ 6; beyond, erf is ±1.
 */
const wideErf: Spelling = (_, [x], graph) => {
  const n = Float64Array.from({ length: 32 }, (_, i) => i + 1);
  const weights = n.map((n) => ((2 / Math.PI) * Math.exp((-n * n) / 25)) / n);
  const scaled = graph.node("Div", [
    graph.node("Clip", [x, graph.scalar(-6), graph.scalar(6)]),
    graph.scalar(2.5),
  ]);
  const waves = graph.node("Sin", [
    graph.node("Mul", [graph.node("Unsqueeze", [scaled, graph.ints([-1])]), graph.floats(n, [n.length])]),
  ]);
  const sum = graph.node(
    "ReduceSum",
    [graph.node("Mul", [waves, graph.floats(weights, [n.length])]), graph.ints([-1])],
    {
      keepdims: 0,
    },
  );
  return graph.node("Add", [graph.node("Div", [scaled, graph.scalar(Math.PI)]), sum]);
};

/** log(1 + x) for x > −1, right to the last bits: with u = 1 + x rounded, log u − ((u − 1) − x) / u. */
const finiteLog1p = (x: string, graph: GraphWriter): { corrected: string; logU: string } => {
  const u = graph.node("Add", [x, graph.scalar(1)]);
  const lost = graph.node("Sub", [graph.node("Sub", [u, graph.scalar(1)]), x]);
  const logU = graph.node("Log", [u]);
  return { logU, corrected: graph.node("Sub", [logU, graph.node("Div", [lost, u])]) };
};

/** max(x, 0) + log1p(exp(−|x|)): more nodes than Softplus, but vectorised ones, and nothing overflows. */
const composedSoftplus: Spelling = (_, [x], graph) => {
  const rest = graph.node("Exp", [graph.node("Neg", [graph.node("Abs", [x])])]);
  return graph.node("Add", [graph.node("Max", [x, graph.scalar(0)]), finiteLog1p(rest, graph).corrected]);
};

const flag = (value: Attributes[string]) => (value ? 1 : 0);

export const spellings: Readonly<Record<string, Spelling>> = {
  neg: direct("Neg"),
  exp: direct("Exp"),
  log: direct("Log"),
  // The correction has no meaning once 1 + x overflows.
  log1p: (_, [x], graph) => {
    const { corrected, logU } = finiteLog1p(x, graph);
    return graph.node("Where", [graph.node("Less", [x, graph.scalar(1e30)]), corrected, logU]);
  },
  // exp(x) − 1 = tanh(x / 2) (exp(x) + 1): no cancellation near 0, and the right limits at both ends.
  expm1: (_, [x], graph) =>
    graph.node("Mul", [
      graph.node("Tanh", [graph.node("Mul", [x, graph.scalar(0.5)])]),
      graph.node("Add", [graph.node("Exp", [x]), graph.scalar(1)]),
    ]),
  tanh: direct("Tanh"),
  sigmoid: direct("Sigmoid"),
  // One node where there are few elements; ONNX Runtime computes it slowly, and in float64 overflows above 709.
  softplus: (node, inputs, graph) =>
    graph.floatType === "float64" || node.shape.includes("batch")
      ? composedSoftplus(node, inputs, graph)
      : graph.node("Softplus", inputs),
  erf: (node, inputs, graph) =>
    graph.floatType === "float64" ? wideErf(node, inputs, graph) : graph.node("Erf", inputs),
  sqrt: direct("Sqrt"),
  abs: direct("Abs"),
  sign: direct("Sign"),
  sin: direct("Sin"),
  cos: direct("Cos"),
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  pow: direct("Pow"),
  min: direct("Min"),
  max: direct("Max"),
  less: direct("Less"),
  lessOrEqual: direct("LessOrEqual"),
  greater: direct("Greater"),
  greaterOrEqual: direct("GreaterOrEqual"),
  equal: direct("Equal"),
  where: direct("Where"),
  toFloat: (_, inputs, graph) => graph.node("Cast", inputs, { to: graph.dataType("float") }),
  toInt: (_, inputs, graph) => graph.node("Cast", inputs, { to: graph.dataType("int") }),
  stopGradient: (_, [x]) => x,

  sum: reduce("ReduceSum"),
  reduceMax: reduce("ReduceMax"),
  logSumExp: reduce("ReduceLogSumExp"),
  logSoftmax: ({ attributes }, inputs, graph) =>
    graph.node("LogSoftmax", inputs, { axis: attributes.axis as number }),

  reshape: ({ inputs, attributes }, [x], graph) =>
    graph.node("Reshape", [
      x,
      // 0 keeps the size at that place.
      graph.ints(
        (attributes.shape as Shape).map((size, i) =>
          size !== "batch" ? size : inputs[0].shape[i] === "batch" ? 0 : -1,
        ),
      ),
    ]),
  transpose: ({ attributes }, inputs, graph) =>
    graph.node("Transpose", inputs, { perm: attributes.permutation as number[] }),
  broadcast: ({ attributes }, [x], graph) =>
    graph.node("Expand", [x, graph.shapeVector(attributes.shape as Shape)]),
  batchSize: (_node, _inputs, graph) =>
    graph.shared("Cast", [graph.shared("Squeeze", [graph.batchSize()])], { to: graph.dataType("float") }),
  slice: ({ attributes }, [x], graph) =>
    graph.node("Slice", [
      x,
      graph.ints([attributes.start as number]),
      graph.ints([attributes.end as number]),
      graph.ints([attributes.axis as number]),
    ]),
  pad: ({ attributes }, [x], graph) =>
    graph.node("Pad", [
      x,
      graph.ints([attributes.before as number, attributes.after as number]),
      "",
      graph.ints([attributes.axis as number]),
    ]),
  concat: ({ attributes }, inputs, graph) =>
    graph.node("Concat", inputs, { axis: attributes.axis as number }),
  gather: (_, inputs, graph) => graph.node("Gather", inputs, { axis: 0 }),
  // ScatterND would be shorter, but on several threads it loses values that go to the same row (ONNX Runtime 1.30).
  scatterAdd: ({ shape, inputs }, [indices, values], graph) => {
    const zeros = graph.node("Expand", [graph.scalar(0), graph.shapeVector(shape)]);
    const count = fixedSize(inputs[0].shape) ?? -1;
    const row = shape.slice(1).map((size) => (size === "batch" ? -1 : size));
    const flat = graph.node("Reshape", [values, graph.ints([count, ...row])]);
    const column = graph.node("Reshape", [indices, graph.ints([count, ...row.map(() => 1)])]);
    const places = row.length === 0 ? column : graph.node("Expand", [column, graph.node("Shape", [flat])]);
    return graph.node("ScatterElements", [zeros, places, flat], { axis: 0, reduction: "add" });
  },
  cumulativeSum: ({ attributes }, [x], graph) =>
    graph.node("CumSum", [x, graph.ints([attributes.axis as number])], {
      exclusive: flag(attributes.exclusive),
      reverse: flag(attributes.reverse),
    }),

  matmul: ({ attributes }, inputs, graph) =>
    attributes.transposeA || attributes.transposeB
      ? graph.node("Gemm", inputs, {
          transA: flag(attributes.transposeA),
          transB: flag(attributes.transposeB),
        })
      : graph.node("MatMul", inputs),
  matmulEach: direct("MatMul"),
  logAbsDetEach,
  inverseEach,
  linear: (_, inputs, graph) => graph.node("Gemm", inputs),
  gemm: ({ attributes }, inputs, graph) =>
    graph.node("Gemm", inputs, {
      transA: flag(attributes.transposeA),
      transB: flag(attributes.transposeB),
      alpha: { float: attributes.alpha as number },
      beta: { float: attributes.beta as number },
    }),
  identity: ({ shape }, _, graph) =>
    graph.node("EyeLike", [graph.node("ConstantOfShape", [graph.ints(shape as number[])])], {
      dtype: graph.dataType("float"),
    }),
};
