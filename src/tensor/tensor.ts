// The node of the expression graph, and how operations are defined. A tensor here is a formula, not numbers:
// immutable, built bottom-up, evaluated by a program (see runtime/).

import { LogdetError } from "../errors.js";
import { fixedSize, formatShape, type Shape } from "./shape.js";

/** "float" becomes float32 or float64 when a program is compiled; the graph itself does not choose. */
export type ElementType = "float" | "int" | "bool";

export type Attributes = Readonly<Record<string, number | boolean | string | readonly (number | string)[]>>;

/** Gradient of a scalar with respect to each input, given its gradient with respect to the node ("upstream"). */
export type GradientRule = (node: Tensor, upstream: Tensor) => readonly (Tensor | undefined)[];

/** One operation: its name, how its result's shape and type follow from its inputs, and its gradient. */
export interface Operation {
  readonly name: string;
  readonly infer: (inputs: readonly Tensor[], attributes: Attributes) => { shape: Shape; type: ElementType };
  readonly gradient: GradientRule;
  /** Set where the result is one of several that a composite gives. */
  readonly part?: { readonly of: Composite; readonly index: number };
}

/**
 * A function with one or more results that may be computed as a whole, by a kernel of that name, or as the operations
 * it is defined by. See composite.ts.
 */
export interface Composite {
  readonly name: string;
  shapes(inputs: readonly Tensor[], attributes: Attributes): readonly Shape[];
  /** The definition: the results as expressions of the inputs. */
  define(inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[];
  /** The gradient for each input, given those for the results; undefined where there is none. */
  gradient(
    inputs: readonly Tensor[],
    attributes: Attributes,
    upstream: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
}

let created = 0;

/**
 * A symbolic tensor: an operation applied to other tensors.
 *
 * `id` grows with creation, so sorting by it is a topological order.
 */
export class Tensor {
  readonly id: number = created++;
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly type: ElementType;

  constructor(operation: Operation, inputs: readonly Tensor[], attributes: Attributes = {}) {
    const { shape, type } = operation.infer(inputs, attributes);
    this.operation = operation;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = shape;
    this.type = type;
  }

  get rank(): number {
    return this.shape.length;
  }

  is(operation: Operation): boolean {
    return this.operation === operation;
  }

  toString(): string {
    return `${this.operation.name}${formatShape(this.shape)}`;
  }
}

const none: GradientRule = () => [];

const leaf = (name: string): Operation => ({
  name,
  infer: () => {
    throw new LogdetError("usage", `${name}: make leaves with ${name}()`);
  },
  gradient: none,
});

const leafOf = (operation: Operation, shape: Shape, type: ElementType): Operation => ({
  ...operation,
  infer: () => ({ shape, type }),
});

/** A value that a program is given each time it runs: a batch of rows, a step size. */
export class Input extends Tensor {
  readonly name: string;
  constructor(name: string, shape: Shape, type: ElementType) {
    super(leafOf(leaf("input"), shape, type), []);
    this.name = name;
  }
}

/** Numbers for a parameter's first value, row-major. */
export type InitialValues = Float32Array | Float64Array | readonly number[];

/** A value that lives in a parameter store. Trainable ones have gradients and optimizer slots. */
export class Parameter extends Tensor {
  readonly initial: InitialValues;
  readonly trainable: boolean;
  readonly size: number;
  declare readonly shape: readonly number[];

  constructor(shape: readonly number[], initial: InitialValues, trainable: boolean) {
    super(leafOf(leaf("parameter"), shape, "float"), []);
    this.size = fixedSize(shape) ?? 0;
    if (initial.length !== this.size)
      throw new LogdetError(
        "shape",
        `parameter: ${formatShape(shape)} takes ${this.size} values, got ${initial.length}`,
      );
    this.initial = initial;
    this.trainable = trainable;
  }
}

/** A value fixed when the graph is built. */
export class Constant extends Tensor {
  readonly values: Float64Array;
  constructor(values: Float64Array, shape: readonly number[]) {
    super(leafOf(leaf("constant"), shape, "float"), []);
    if (values.length !== fixedSize(shape))
      throw new LogdetError("shape", `constant: ${formatShape(shape)} does not hold ${values.length} values`);
    this.values = values;
  }
}

/** A named input of a program, e.g. `input("x", ["batch", 8])`. */
export function input(name: string, shape: Shape, type: ElementType = "float"): Input {
  return new Input(name, shape, type);
}

/** A parameter with its first values; `trainable: false` for fixed numbers that are saved with the model. */
export function parameter(
  shape: readonly number[],
  initial: InitialValues,
  options: { trainable?: boolean } = {},
): Parameter {
  return new Parameter(shape, initial, options.trainable ?? true);
}

/** A constant: a scalar, or row-major values of a shape (a vector if none is given). */
export function constant(
  values: number | Float64Array | Float32Array | readonly number[],
  shape?: readonly number[],
): Constant {
  if (typeof values === "number") return new Constant(Float64Array.of(values), shape ?? []);
  return new Constant(Float64Array.from(values), shape ?? [values.length]);
}

/** What operations accept wherever a tensor is meant: numbers become scalar constants. */
export type TensorLike = Tensor | number;

export function toTensor(value: TensorLike): Tensor {
  return typeof value === "number" ? constant(value) : value;
}

/** The number a scalar constant holds, if the tensor is one. */
export function scalarValue(tensor: Tensor): number | undefined {
  return tensor instanceof Constant && tensor.rank === 0 ? tensor.values[0] : undefined;
}

/** Throws unless every input is of the wanted type. */
export function requireType(operation: string, wanted: ElementType, inputs: readonly Tensor[]): void {
  for (const tensor of inputs)
    if (tensor.type !== wanted)
      throw new LogdetError("shape", `${operation}: takes ${wanted} tensors, got ${tensor.type} ${tensor}`);
}
