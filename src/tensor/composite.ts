// Functions that are made of other operations, but may be computed as one: a spline, a mixture's density. A composite has
// a definition and nothing else; its gradient, and the gradient's gradient, are composites derived from that. An
// executor that has a kernel of the composite's name calls it, any other expands the definition.

import { backward } from "./grad.js";
import { broadcastTo } from "./layout.js";
import type { Shape } from "./shape.js";
import { type Attributes, type Composite, constant, Input, type Operation, Tensor } from "./tensor.js";
import { rebuild, substitute, withInputs } from "./traverse.js";

export interface CompositeOptions {
  /** Names the kernel that computes it. The gradient's is `NAME.gradient`. */
  readonly name: string;
  /** Shapes of the results. */
  readonly shapes: (inputs: readonly Tensor[], attributes: Attributes) => readonly Shape[];
  /** The results as expressions of the inputs. Neither `linear` nor `logAbsDet` may occur: no estimator sees them here. */
  readonly define: (inputs: readonly Tensor[], attributes: Attributes) => readonly Tensor[];
  /** Inputs, by position, that have no gradient. */
  readonly constants?: readonly number[];
}

/** Applies a composite: all its results, each a tensor of its own. */
export type ApplyComposite = (inputs: readonly Tensor[], attributes?: Attributes) => Tensor[];

/**
 * Defines a function of tensors that may be computed as one.
 *
 * @example
 * const swish = composite({
 *   name: "swish",
 *   shapes: ([x]) => [x.shape],
 *   define: ([x]) => [mul(x, sigmoid(x))],
 * })
 * const [y] = swish([x])
 */
export function composite(options: CompositeOptions): ApplyComposite {
  const { name, shapes, define, constants = [] } = options;
  let derivative: ApplyComposite | undefined;
  const self: Composite = {
    name,
    shapes,
    define,
    gradient(inputs, attributes, upstream) {
      derivative ??= derivativeOf(options);
      const present = [...upstream.keys()].filter((i) => upstream[i]);
      const seeds = upstream.filter((gradient) => gradient !== undefined);
      const found = derivative([...inputs, ...seeds], { ...attributes, [upstreamOf(name)]: present });
      const wanted = differentiable(inputs, constants);
      return inputs.map((_, i) => (wanted.includes(i) ? found[wanted.indexOf(i)] : undefined));
    },
  };
  const results: Operation[] = [];
  const result = (index: number): Operation => {
    results[index] ??= {
      name: `${name}.${index}`,
      infer: (inputs, attributes) => ({ shape: shapes(inputs, attributes)[index], type: "float" }),
      // Never asked for: gradients() takes all results of a call together.
      gradient: () => [],
      part: { of: self, index },
    };
    return results[index];
  };
  return (inputs, attributes = {}) =>
    shapes(inputs, attributes).map((_, i) => new Tensor(result(i), inputs, attributes));
}

const differentiable = (inputs: readonly Tensor[], constants: readonly number[]) =>
  [...inputs.keys()].filter((i) => inputs[i].type === "float" && !constants.includes(i));

/** The attribute of a derivative that lists the results of `name` whose upstream gradients follow its inputs. */
export const upstreamOf = (name: string): string => `${name}.upstream`;

/**
 * The gradient as a composite: its inputs are those of the function and the upstream gradients of the results named by
 * the attribute `upstreamOf(name)`; its results are the gradients for the inputs that have one.
 */
function derivativeOf({ name, define, constants = [] }: CompositeOptions): ApplyComposite {
  const split = (all: readonly Tensor[], attributes: Attributes) => {
    const { [upstreamOf(name)]: listed, ...own } = attributes;
    const upstream = listed as readonly number[];
    const count = all.length - upstream.length;
    return { inputs: all.slice(0, count), seeds: all.slice(count), upstream, own };
  };
  return composite({
    name: `${name}.gradient`,
    shapes: (all, attributes) => {
      const { inputs } = split(all, attributes);
      return differentiable(inputs, constants).map((i) => inputs[i].shape);
    },
    define: (all, attributes) => {
      const { inputs, seeds, upstream, own } = split(all, attributes);
      // One input may be computed from another: partial derivatives need inputs that know nothing of each other.
      const apart = inputs.map(({ shape, type }, i) => new Input(`input ${i}`, shape, type));
      const results = define(apart, own);
      const wanted = differentiable(inputs, constants).map((i) => apart[i]);
      const found = backward(new Map(upstream.map((of, i) => [results[of], seeds[i]])), wanted);
      return substitute(
        found.map((gradient, i) => gradient ?? broadcastTo(constant(0), wanted[i].shape)),
        new Map(apart.map((leaf, i) => [leaf, inputs[i]])),
      );
    },
    constants,
  });
}

/** The roots with composites written out as the operations that define them, but for those that `keeps` wants whole. */
export function expandComposites(
  roots: readonly Tensor[],
  keeps: (composite: Composite) => boolean = () => false,
): Tensor[] {
  const expanded = new Map<string, readonly Tensor[]>();
  return rebuild(roots, (node, inputs) => {
    const { part } = node.operation;
    if (!part || keeps(part.of)) return withInputs(node, inputs);
    const key = `${part.of.name} ${inputs.map(({ id }) => id)} ${JSON.stringify(node.attributes)}`;
    const results = expanded.get(key) ?? expandComposites(part.of.define(inputs, node.attributes), keeps);
    expanded.set(key, results);
    return results[part.index];
  });
}
