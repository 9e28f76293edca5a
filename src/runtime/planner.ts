// Who computes what: kernels where operations are so small that a node of ONNX Runtime costs more than its work, ONNX
// graphs where products dominate.

import { type Composite, fixedSize, type Shape, type Tensor } from "../tensor/index.js";
import { compositeSpellings, productSizes, productSpellings } from "./fused-spelling.js";
import { kernelSpelling } from "./kernel-plan.js";
import { type Executor, isLeaf } from "./schedule.js";

/** Rows of the batch that choices are made for: they are made before it is known. */
const typicalBatch = 256;
/** Operations with more elements than this are left to ONNX Runtime's threads and wider vectors. */
const mostElements = 2 ** 14;
/** So are products of more multiplications than this: the point where its faster product pays for the call. */
const mostMultiplications = 5e5;

const bound = (shape: Shape) => shape.map((size) => (size === "batch" ? typicalBatch : size));
const elements = (shape: Shape) => fixedSize(bound(shape)) ?? 0;

/** Moving elements is a copy for either executor: however many they are, they are no reason to leave the kernels. */
const isMove = ({ operation: { name } }: Tensor) => ["slice", "concat", "pad"].includes(name);

/** Whether a composite is computed whole. Its kernel works in float32, and beats the operations at every size. */
export const hasKernel = ({ name }: Composite): boolean => Object.hasOwn(compositeSpellings, name);

/** Operations that no executor but the host can do safely. */
export const isHost = ({ operation: { name } }: Tensor) => hostOperations.has(name);
const hostOperations = new Set(["logAbsDet", "inverse", "logAbsDetEach", "inverseEach"]);
/** Products in every row, rare outside second derivatives, have no kernel: see isSmallProduct. */
const isProduct = ({ operation: { name } }: Tensor) =>
  Object.hasOwn(productSpellings, name) || name === "matmulEach";

/** The executor of each operation of a float32 program. */
export function chooseExecutors(order: readonly Tensor[]): (node: Tensor) => Executor {
  const operations = order.filter((node) => !isLeaf(node) && !isHost(node));
  const plain = operations.filter((node) => !node.operation.part && !isProduct(node));
  // All or nothing for the small change between products and composites: passing values to and fro costs more than
  // what either executor saves on an operation.
  const isSmall = plain.every(
    (node) => kernelSpelling(node) !== undefined && (isMove(node) || elements(node.shape) <= mostElements),
  );
  const isSmallProduct = (node: Tensor) => {
    if (kernelSpelling(node) === undefined) return false;
    const [m, n, k] = productSizes(
      node,
      node.inputs.map(({ shape }) => bound(shape)),
    );
    return m * n * k <= mostMultiplications;
  };
  return (node) => {
    if (isHost(node)) return "host";
    if (node.operation.part) return "kernels";
    if (!isSmall) return "graph";
    return !isProduct(node) || isSmallProduct(node) ? "kernels" : "graph";
  };
}
