// How each operation is written as calls of WebAssembly kernels in float32: one entry an operation, the twin of
// onnx/spelling.ts for programs so small that a node of ONNX Runtime costs more than its work.

import { LogdetError } from "../errors.js";
import type { BinaryKernel, Kernels, ReductionKernel, UnaryKernel } from "../kernels/index.js";
import { bindShape, scalarValue, type Tensor } from "../tensor/index.js";
import { contiguousSteps, stretchedSteps, stridedLoop } from "./strided-loop.js";

/**
 * A tensor's place in the kernels' memory: byte offset and shape with the batch bound. Booleans and integers are kept
 * as float32 (0/1, whole numbers).
 */
export interface Placed {
  readonly at: number;
  readonly shape: readonly number[];
}

/** One operation of a plan with its places. Inputs and output do not overlap, are aligned to 16 and are not empty. */
export interface KernelCall {
  readonly node: Tensor;
  readonly inputs: readonly Placed[];
  readonly output: Placed;
  readonly batch: number;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  /** Byte offset of `scratch(…)` bytes, aligned to 16. */
  readonly scratch: number;
}

export interface KernelSpelling {
  /** Bytes of scratch for these shapes; default none. */
  scratch?(node: Tensor, batch: number): number;
  /** Binds the operation to its places, once a plan; the returned function is called at every run. */
  bind(call: KernelCall): () => void;
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** The sizes before, along and after an axis. */
function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis], product(shape.slice(axis + 1))];
}

// ---- element-wise -------------------------------------------------------------------------------------------

function unary(kernelOf: (kernels: Kernels) => UnaryKernel): KernelSpelling {
  return {
    bind({ inputs: [x], output, kernels }) {
      const kernel = kernelOf(kernels);
      const count = product(output.shape);
      const [from, to] = [x.at, output.at];
      return () => kernel(count, from, to);
    },
  };
}

/** Calls one after another. */
function inOrder(calls: readonly (() => void)[]): () => void {
  if (calls.length === 1) return calls[0];
  return () => {
    for (const call of calls) call();
  };
}

/** The loops of an element-wise operation: its inputs, stretched, and its output. */
function elementwiseLoop({ inputs, output }: KernelCall) {
  return stridedLoop(
    output.shape,
    [...inputs, output].map(({ shape }) => stretchedSteps(shape, output.shape)),
  );
}

function binary(kernelOf: (kernels: Kernels) => BinaryKernel): KernelSpelling {
  return {
    bind(call) {
      const kernel = kernelOf(call.kernels);
      const { sizes, steps, starts } = elementwiseLoop(call);
      const [n0, n1, n2, n3] = sizes;
      const [[a0, a1, a2, a3], [b0, b1, b2, b3]] = steps;
      const places = [...call.inputs, call.output].map(({ at }) => at);
      return inOrder(
        starts.map((start) => {
          const [a, b, out] = places.map((at, i) => at + start[i]);
          return () => kernel(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
        }),
      );
    },
  };
}

/** Powers that are products; a general one takes some twenty times as long. */
const wholePowers = new Map<number | undefined, KernelSpelling>([
  [2, unary((kernels) => kernels.unarySquare)],
  [3, unary((kernels) => kernels.unaryCube)],
]);
const anyPower = binary((kernels) => kernels.binaryPow);

const where: KernelSpelling = {
  bind(call) {
    const { kernels } = call;
    const { sizes, steps, starts } = elementwiseLoop(call);
    const [n0, n1, n2, n3] = sizes;
    const [[c0, c1, c2, c3], [a0, a1, a2, a3], [b0, b1, b2, b3]] = steps;
    const places = [...call.inputs, call.output].map(({ at }) => at);
    return inOrder(
      starts.map((start) => {
        const [c, a, b, out] = places.map((at, i) => at + start[i]);
        return () =>
          kernels.select(n0, n1, n2, n3, c, c0, c1, c2, c3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
      }),
    );
  },
};

// ---- layout -------------------------------------------------------------------------------------------------

/** A strided copy of `shape` from one place to another, with steps in bytes along each axis. */
function copy(
  kernels: Kernels,
  shape: readonly number[],
  from: { at: number; steps: readonly number[] },
  to: { at: number; steps: readonly number[] },
): () => void {
  const { sizes, steps, starts } = stridedLoop(shape, [from.steps, to.steps]);
  const [n0, n1, n2, n3] = sizes;
  const [[x0, x1, x2, x3], [o0, o1, o2, o3]] = steps;
  return inOrder(
    starts.map((start) => {
      const [x, out] = [from.at + start[0], to.at + start[1]];
      return () => kernels.copyStrided(n0, n1, n2, n3, x, x0, x1, x2, x3, out, o0, o1, o2, o3);
    }),
  );
}

/** A copy into the whole output, from the input at `offset` bytes with these steps along the output's axes. */
function copyToOutput(call: KernelCall, steps: readonly number[], offset = 0): () => void {
  const { inputs, output, kernels } = call;
  const to = { at: output.at, steps: contiguousSteps(output.shape) };
  return copy(kernels, output.shape, { at: inputs[0].at + offset, steps }, to);
}

/** The same elements in the same order. */
const same: KernelSpelling = {
  bind: (call) => copyToOutput(call, contiguousSteps(call.output.shape)),
};

const slice: KernelSpelling = {
  bind(call) {
    const { axis, start } = call.node.attributes as { axis: number; start: number };
    const steps = contiguousSteps(call.inputs[0].shape);
    return copyToOutput(call, steps, start * steps[axis]);
  },
};

const concat: KernelSpelling = {
  bind({ node, inputs, output, kernels }) {
    const axis = node.attributes.axis as number;
    const steps = contiguousSteps(output.shape);
    let end = output.at;
    return inOrder(
      inputs.map(({ at, shape }) => {
        const to = { at: end, steps };
        end += shape[axis] * steps[axis];
        return copy(kernels, shape, { at, steps: contiguousSteps(shape) }, to);
      }),
    );
  },
};

const pad: KernelSpelling = {
  bind({ node, inputs: [x], output, kernels }) {
    const { axis, before, after } = node.attributes as { axis: number; before: number; after: number };
    const [rows, size, inner] = around(x.shape, axis);
    const [from, to] = [x.at, output.at];
    return () => kernels.padRows(rows, size * inner, before * inner, after * inner, from, to);
  },
};

function outsideTable(operation: string, rows: number): LogdetError {
  return new LogdetError("numeric", `${operation}: an index names none of the ${rows} rows`, {
    hint: "indices must lie from −rows to rows − 1 (NaN is none)",
  });
}

const gather: KernelSpelling = {
  bind({ inputs: [table, indices], output, kernels }) {
    const [rows, ...row] = table.shape;
    const [count, width] = [product(indices.shape), product(row)];
    return () => {
      if (!kernels.gatherRows(count, width, rows, table.at, indices.at, output.at))
        throw outsideTable("gather", rows);
    };
  },
};

const scatterAdd: KernelSpelling = {
  bind({ inputs: [indices, values], output, kernels }) {
    const [rows, ...row] = output.shape;
    const [count, width] = [product(indices.shape), product(row)];
    return () => {
      if (!kernels.scatterAddRows(count, width, rows, indices.at, values.at, output.at))
        throw outsideTable("scatterAdd", rows);
    };
  },
};

// ---- reductions ---------------------------------------------------------------------------------------------

/** One kernel call of a reduction: the middle axis of [outer, n, inner]. */
interface Stage {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/** A reduction over axes as reductions of one axis each: neighbouring axes count as one, the last go first. */
function reductionStages(shape: readonly number[], axes: readonly number[]): Stage[] {
  const groups: { size: number; reduced: boolean }[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const reduced = axes.includes(axis);
    const group = groups.at(-1);
    if (group?.reduced === reduced) group.size *= size;
    else groups.push({ size, reduced });
  }
  const stages: Stage[] = [];
  let inner = 1;
  for (let i = groups.length - 1; i >= 0; i--) {
    const { size, reduced } = groups[i];
    if (reduced)
      stages.push({ outer: product(groups.slice(0, i).map((group) => group.size)), n: size, inner });
    else inner *= size;
  }
  return stages;
}

const aligned = (bytes: number) => Math.ceil(bytes / 16) * 16;
const stageBytes = ({ outer, inner }: Stage) => aligned(4 * outer * inner);

/**
 * A reduction of any axes. Scratch holds the results of all stages but the last, and behind them the kernel's own
 * `arrays` of its result's size.
 */
function reduce(
  kernelOf: (kernels: Kernels) => (...args: ReductionArguments) => void,
  arrays = 0,
): KernelSpelling {
  const stagesOf = (shape: readonly number[], node: Tensor) =>
    reductionStages(shape, node.attributes.axes as readonly number[]);
  return {
    scratch(node, batch) {
      const sizes = stagesOf(bindShape(node.inputs[0].shape, batch), node).map(stageBytes);
      return sizes.slice(0, -1).reduce((a, b) => a + b, 0) + arrays * Math.max(0, ...sizes);
    },
    bind(call) {
      const {
        node,
        inputs: [x],
        output,
        kernels,
        scratch,
      } = call;
      const kernel = kernelOf(kernels);
      const stages = stagesOf(x.shape, node);
      // Reducing axes of size 1 changes nothing: the sum, the largest and log exp of one number are that number.
      if (stages.length === 0) return same.bind(call);
      let top = scratch;
      let from = x.at;
      const results = stages.slice(0, -1).map((stage) => {
        const at = top;
        top += stageBytes(stage);
        return at;
      });
      return inOrder(
        stages.map(({ outer, n, inner }, i) => {
          const [at, to] = [from, results[i] ?? output.at];
          from = to;
          return () => kernel(outer, n, inner, at, to, top);
        }),
      );
    },
  };
}
type ReductionArguments = [...Parameters<ReductionKernel>, scratch: number];

const logSoftmax: KernelSpelling = {
  scratch({ shape, attributes }, batch) {
    const [outer, n, inner] = around(bindShape(shape, batch), attributes.axis as number);
    return 2 * stageBytes({ outer, n, inner });
  },
  bind({ node, inputs: [x], output, kernels, scratch }) {
    const [outer, n, inner] = around(x.shape, node.attributes.axis as number);
    const [from, to] = [x.at, output.at];
    return () => kernels.logSoftmaxAlong(outer, n, inner, from, to, scratch);
  },
};

const cumulativeSum: KernelSpelling = {
  bind({ node, inputs: [x], output, kernels }) {
    const [outer, n, inner] = around(x.shape, node.attributes.axis as number);
    const [exclusive, reverse] = [Number(node.attributes.exclusive), Number(node.attributes.reverse)];
    const [from, to] = [x.at, output.at];
    return () => kernels.cumulativeSumAlong(outer, n, inner, from, to, exclusive, reverse);
  },
};

/** By operation name, as in onnx/spelling.ts. Products of matrices are elsewhere. */
export const kernelSpellings: Readonly<Record<string, KernelSpelling>> = {
  neg: unary((kernels) => kernels.unaryNeg),
  exp: unary((kernels) => kernels.unaryExp),
  log: unary((kernels) => kernels.unaryLog),
  log1p: unary((kernels) => kernels.unaryLog1p),
  expm1: unary((kernels) => kernels.unaryExpm1),
  tanh: unary((kernels) => kernels.unaryTanh),
  sigmoid: unary((kernels) => kernels.unarySigmoid),
  softplus: unary((kernels) => kernels.unarySoftplus),
  erf: unary((kernels) => kernels.unaryErf),
  sqrt: unary((kernels) => kernels.unarySqrt),
  abs: unary((kernels) => kernels.unaryAbs),
  sign: unary((kernels) => kernels.unarySign),
  sin: unary((kernels) => kernels.unarySin),
  cos: unary((kernels) => kernels.unaryCos),
  add: binary((kernels) => kernels.binaryAdd),
  sub: binary((kernels) => kernels.binarySub),
  mul: binary((kernels) => kernels.binaryMul),
  div: binary((kernels) => kernels.binaryDiv),
  pow: {
    bind: (call) => (wholePowers.get(scalarValue(call.node.inputs[1])) ?? anyPower).bind(call),
  },
  min: binary((kernels) => kernels.binaryMin),
  max: binary((kernels) => kernels.binaryMax),
  less: binary((kernels) => kernels.binaryLess),
  lessOrEqual: binary((kernels) => kernels.binaryLessOrEqual),
  greater: binary((kernels) => kernels.binaryGreater),
  greaterOrEqual: binary((kernels) => kernels.binaryGreaterOrEqual),
  equal: binary((kernels) => kernels.binaryEqual),
  where,
  // Booleans and integers are floats here already.
  toFloat: same,
  toInt: unary((kernels) => kernels.unaryTruncate),
  stopGradient: same,

  sum: reduce((kernels) => kernels.sumAlong),
  reduceMax: reduce((kernels) => kernels.maxAlong),
  logSumExp: reduce((kernels) => kernels.logSumExpAlong, 2),
  logSoftmax,

  reshape: same,
  transpose: {
    bind(call) {
      const steps = contiguousSteps(call.inputs[0].shape);
      const permutation = call.node.attributes.permutation as readonly number[];
      return copyToOutput(
        call,
        permutation.map((axis) => steps[axis]),
      );
    },
  },
  broadcast: {
    bind: (call) => copyToOutput(call, stretchedSteps(call.inputs[0].shape, call.output.shape)),
  },
  batchSize: {
    bind:
      ({ output, batch, kernels }) =>
      () =>
        kernels.float32.fill(1, output.at, batch),
  },
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  cumulativeSum,
  identity: {
    bind({ output, kernels }) {
      const [n] = output.shape;
      return () => kernels.identityMatrix(n, output.at);
    },
  },
};
