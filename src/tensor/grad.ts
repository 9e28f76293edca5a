// Reverse-mode differentiation as a transform of the graph: gradients are tensors like any other, so they can be
// differentiated again.

import { LogdetError } from "../errors.js";
import { add } from "./elementwise.js";
import type { JacobianRules } from "./linear-algebra.js";
import { sameShape, shapeError } from "./shape.js";
import { constant, type GradientRule, type Tensor } from "./tensor.js";
import { callsIn, topologicalOrder } from "./traverse.js";

export interface GradientOptions {
  /** The gradient with respect to `output`; needed unless it is a scalar. Same shape as `output`. */
  upstream?: Tensor;
  /** Gradient rules to use in place of the exact ones of linear and logAbsDet: see jacobian/. */
  rules?: JacobianRules;
}

/**
 * The gradients of a scalar with respect to tensors it was made from.
 *
 * Cost: a few times that of `output` itself. A tensor that `output` does not depend on has no gradient: undefined.
 *
 * @example
 * const x = input("x", ["batch", 2])
 * const [score] = gradients(sum(logProb(x)), [x])
 * const [hessianTimesV] = gradients(sum(mul(score, v)), [x])
 */
export function gradients(
  output: Tensor,
  targets: readonly Tensor[],
  { upstream, rules = {} }: GradientOptions = {},
): (Tensor | undefined)[] {
  if (output.type !== "float")
    throw new LogdetError("shape", `gradients: ${output} is ${output.type}, only float has a gradient`);
  if (!upstream && output.rank > 0)
    throw shapeError("gradients", "takes a scalar, or an upstream gradient", output.shape);
  if (upstream && !sameShape(upstream.shape, output.shape))
    throw shapeError(
      "gradients",
      "the upstream gradient must have the output's shape",
      upstream.shape,
      output.shape,
    );

  return backward(new Map([[output, upstream ?? constant(1)]]), targets, rules);
}

/** The gradients of Σ ⟨seed, output⟩ over several outputs, given as a map from each output to its seed. */
export function backward(
  seeds: ReadonlyMap<Tensor, Tensor>,
  targets: readonly Tensor[],
  rules: JacobianRules = {},
): (Tensor | undefined)[] {
  const replaced = new Map<string, GradientRule>(Object.entries(rules));
  const order = topologicalOrder([...seeds.keys()]);
  const calls = callsIn(order);
  const wanted = new Set(targets);
  const relevant = new Set<Tensor>();
  for (const node of order)
    if (wanted.has(node) || node.inputs.some((from) => relevant.has(from))) relevant.add(node);

  const found = new Map<Tensor, Tensor>(seeds);

  /** What a node passes on to its inputs. */
  const contributions = (node: Tensor): readonly (Tensor | undefined)[] => {
    const { part } = node.operation;
    if (part) {
      // The results of one call pass on together, when the first of them is reached: everything that uses any of
      // them has been passed by then.
      const results = calls.get(node) ?? [];
      if (results.find((result) => result !== undefined) !== node) return [];
      const upstream = results.map((result) => result && found.get(result));
      if (upstream.every((gradient) => gradient === undefined)) return [];
      return part.of.gradient(node.inputs, node.attributes, upstream);
    }
    const gradient = found.get(node);
    const rule = replaced.get(node.operation.name) ?? node.operation.gradient;
    return gradient ? rule(node, gradient) : [];
  };

  for (const node of order.reverse()) {
    if (!relevant.has(node) || !node.inputs.some((from) => relevant.has(from))) continue;
    for (const [i, contribution] of contributions(node).entries()) {
      const from = node.inputs[i];
      if (!contribution || !relevant.has(from)) continue;
      if (!sameShape(contribution.shape, from.shape))
        throw shapeError(
          `gradient of ${node.operation.name}`,
          "must have its input's shape",
          contribution.shape,
          from.shape,
        );
      const sofar = found.get(from);
      found.set(from, sofar ? add(sofar, contribution) : contribution);
    }
  }
  return targets.map((target) => found.get(target));
}
