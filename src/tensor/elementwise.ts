// Operations that act on each element alone: arithmetic, functions, comparisons, choice. Shapes broadcast.

import { broadcastOperation, repeatedScalar, sizeOf, sumTo as sumOver } from "./layout.js";
import { broadcastShapes, type Shape, sameShape } from "./shape.js";
import {
  type ElementType,
  type Operation,
  requireType,
  scalarValue,
  Tensor,
  type TensorLike,
  toTensor,
} from "./tensor.js";

/** sumTo, but a scalar that was stretched over a shape is multiplied by the size instead. */
function sumTo(x: Tensor, shape: Shape): Tensor {
  const scalar = shape.length === 0 ? repeatedScalar(x) : undefined;
  if (!scalar || x.rank === 0) return sumOver(x, shape);
  return x.shape.map((_, axis) => sizeOf(x, axis)).reduce(mul, scalar);
}

// ---- one argument -------------------------------------------------------------------------------------------

/** Defines y = f(x) with dy/dx given in terms of x and y. */
function unary(name: string, derivative: (x: Tensor, y: Tensor) => TensorLike) {
  const operation: Operation = {
    name,
    infer: ([x]) => {
      requireType(name, "float", [x]);
      return { shape: x.shape, type: "float" };
    },
    gradient: (y, upstream) => [mul(upstream, derivative(y.inputs[0], y))],
  };
  return (x: TensorLike): Tensor => new Tensor(operation, [toTensor(x)]);
}

export const exp = unary("exp", (_, y) => y);
export const log = unary("log", (x) => div(1, x));
/** log(1 + x), accurate near 0. */
export const log1p = unary("log1p", (x) => div(1, add(x, 1)));
/** exp(x) − 1, accurate near 0. */
export const expm1 = unary("expm1", (_, y) => add(y, 1));
export const tanh = unary("tanh", (_, y) => sub(1, mul(y, y)));
export const sigmoid = unary("sigmoid", (_, y) => mul(y, sub(1, y)));
/** log(1 + eˣ) without overflow. */
export const softplus = unary("softplus", (x) => sigmoid(x));
export const erf = unary("erf", (x) => mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x)))));
export const sqrt = unary("sqrt", (_, y) => div(0.5, y));
export const abs = unary("abs", (x) => sign(x));
export const sign = unary("sign", () => 0);
export const sin = unary("sin", (x) => cos(x));
export const cos = unary("cos", (x) => neg(sin(x)));

const negation = unary("neg", () => -1);
export function neg(x: TensorLike): Tensor {
  const tensor = toTensor(x);
  const value = scalarValue(tensor);
  if (value !== undefined) return toTensor(-value);
  return tensor.operation.name === "neg" ? tensor.inputs[0] : negation(tensor);
}

// ---- two arguments ------------------------------------------------------------------------------------------

/**
 * An operand without its explicit broadcast, where the other operand stretches it anyway: the gradient of a sum is
 * a broadcast, and most of them vanish here.
 */
function withoutBroadcast(tensor: Tensor, other: Tensor): Tensor {
  if (!tensor.is(broadcastOperation)) return tensor;
  return sameShape(broadcastShapes("broadcast", tensor.inputs[0].shape, other.shape), tensor.shape) &&
    sameShape(other.shape, tensor.shape)
    ? tensor.inputs[0]
    : tensor;
}

interface BinaryRule {
  /** Gradients for a and b before they are summed back to the operands' shapes; undefined where there is none. */
  gradient?: (a: Tensor, b: Tensor, upstream: Tensor, y: Tensor) => [Tensor | undefined, Tensor | undefined];
  type?: ElementType;
  /** The value where both operands are scalar constants. */
  fold?: (a: number, b: number) => number;
  /** Operands for which the result is one of them: x + 0, x · 1. */
  identity?: { left?: number; right?: number };
}

function binary(name: string, rule: BinaryRule) {
  const operation: Operation = {
    name,
    infer: ([a, b]) => ({ shape: broadcastShapes(name, a.shape, b.shape), type: rule.type ?? "float" }),
    gradient: (y, upstream) => {
      const [a, b] = y.inputs;
      const [da, db] = rule.gradient?.(a, b, upstream, y) ?? [];
      return [da && sumTo(da, a.shape), db && sumTo(db, b.shape)];
    },
  };
  return (left: TensorLike, right: TensorLike): Tensor => {
    let a = toTensor(left);
    let b = toTensor(right);
    requireType(name, "float", [a, b]);
    const [x, y] = [scalarValue(a), scalarValue(b)];
    if (x !== undefined && y !== undefined && rule.fold) return toTensor(rule.fold(x, y));
    if (x !== undefined && x === rule.identity?.left) return b;
    if (y !== undefined && y === rule.identity?.right) return a;
    // (x / n) · n: how a mean's gradient meets a term that is the same for every row.
    if (
      name === "mul" &&
      a.operation.name === "div" &&
      a.inputs[1] === b &&
      sameShape(a.shape, a.inputs[0].shape)
    )
      return a.inputs[0];
    a = withoutBroadcast(a, b);
    b = withoutBroadcast(b, a);
    return new Tensor(operation, [a, b]);
  };
}

export const add = binary("add", {
  gradient: (_a, _b, upstream) => [upstream, upstream],
  fold: (a, b) => a + b,
  identity: { left: 0, right: 0 },
});
export const sub = binary("sub", {
  gradient: (_a, _b, upstream) => [upstream, neg(upstream)],
  fold: (a, b) => a - b,
  identity: { right: 0 },
});
export const mul = binary("mul", {
  gradient: (a, b, upstream) => [mul(upstream, b), mul(upstream, a)],
  fold: (a, b) => a * b,
  identity: { left: 1, right: 1 },
});
export const div = binary("div", {
  gradient: (_a, b, upstream, y) => [div(upstream, b), neg(div(mul(upstream, y), b))],
  fold: (a, b) => a / b,
  identity: { right: 1 },
});
/** a to the power b; the gradient for b needs a > 0 and is left out where b is a constant. */
export const pow = binary("pow", {
  gradient: (a, b, upstream, y) => [
    mul(upstream, mul(b, pow(a, sub(b, 1)))),
    scalarValue(b) === undefined ? mul(upstream, mul(log(a), y)) : undefined,
  ],
  fold: (a, b) => a ** b,
  identity: { right: 1 },
});
/** The smaller of two; a tie's gradient goes to the first. */
export const minimum = binary("min", {
  gradient: (a, b, upstream) => [
    where(lessOrEqual(a, b), upstream, 0),
    where(lessOrEqual(a, b), 0, upstream),
  ],
  fold: Math.min,
});
/** The larger of two; a tie's gradient goes to the first. */
export const maximum = binary("max", {
  gradient: (a, b, upstream) => [
    where(greaterOrEqual(a, b), upstream, 0),
    where(greaterOrEqual(a, b), 0, upstream),
  ],
  fold: Math.max,
});

export const less = binary("less", { type: "bool" });
export const lessOrEqual = binary("lessOrEqual", { type: "bool" });
export const greater = binary("greater", { type: "bool" });
export const greaterOrEqual = binary("greaterOrEqual", { type: "bool" });
export const equal = binary("equal", { type: "bool" });

// ---- choice and casts ---------------------------------------------------------------------------------------

const whereOperation: Operation = {
  name: "where",
  infer: ([condition, a, b]) => {
    requireType("where", "bool", [condition]);
    requireType("where", "float", [a, b]);
    const values = broadcastShapes("where", a.shape, b.shape);
    return { shape: broadcastShapes("where", condition.shape, values), type: "float" };
  },
  gradient: (node, upstream) => {
    const [condition, a, b] = node.inputs;
    return [
      undefined,
      sumTo(where(condition, upstream, 0), a.shape),
      sumTo(where(condition, 0, upstream), b.shape),
    ];
  },
};

/**
 * a where the condition holds, b elsewhere. The branch not chosen gets a zero gradient, but it is still computed:
 * keep its argument in range (for example with clamp) or its NaN times zero comes through.
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(whereOperation, [condition, toTensor(a), toTensor(b)]);
}

/** x kept within [low, high]; the gradient is zero where it was cut. */
export function clamp(x: TensorLike, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high);
}

function cast(name: string, type: ElementType) {
  const operation: Operation = {
    name,
    infer: ([x]) => ({ shape: x.shape, type }),
    gradient: () => [undefined],
  };
  return (x: Tensor): Tensor => (x.type === type ? x : new Tensor(operation, [x]));
}

/** Booleans as 0 and 1, integers as floats. No gradient. */
export const toFloat = cast("toFloat", "float");
/** Floats to integers, towards zero. No gradient. */
export const toInt = cast("toInt", "int");

const stopOperation: Operation = {
  name: "stopGradient",
  infer: ([x]) => ({ shape: x.shape, type: x.type }),
  gradient: () => [undefined],
};

/** x itself, but a constant as far as gradients are concerned. */
export function stopGradient(x: Tensor): Tensor {
  return new Tensor(stopOperation, [x]);
}
