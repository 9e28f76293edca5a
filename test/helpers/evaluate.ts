// Runs expressions on numbers, with nothing to prepare: parameters hold their first values.

import type { FloatType } from "../../src/onnx/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { Parameter, type Tensor, topologicalOrder } from "../../src/tensor/index.js";

export type Numbers = ArrayLike<number>;
export type Evaluator<Name extends string> = (
  inputs?: Readonly<Record<string, Numbers>>,
) => Promise<Record<Name, number[]>>;

/** Compiles expressions into a function of their inputs; what it returns is the caller's to keep. */
export async function evaluator<Name extends string>(
  tensors: Readonly<Record<Name, Tensor>>,
  float: FloatType = "float64",
): Promise<Evaluator<Name>> {
  const parameters = topologicalOrder(Object.values(tensors)).filter((node) => node instanceof Parameter);
  const store = new ParameterStore(parameters, { float });
  const program = await Program.compile(tensors, { parameters: store, threads: 1 });
  return async (inputs = {}) => {
    const typed = Object.entries(inputs).map(([name, values]) => [
      name,
      float === "float64" ? Float64Array.from(values) : Float32Array.from(values),
    ]);
    const results = await program.run(Object.fromEntries(typed));
    const copies = Object.entries<Numbers>(results).map(([name, values]) => [name, Array.from(values)]);
    return Object.fromEntries(copies) as Record<Name, number[]>;
  };
}

/** The values of expressions at one place. */
export async function evaluate<Name extends string>(
  tensors: Readonly<Record<Name, Tensor>>,
  inputs: Readonly<Record<string, Numbers>> = {},
  float: FloatType = "float64",
): Promise<Record<Name, number[]>> {
  return (await evaluator(tensors, float))(inputs);
}
