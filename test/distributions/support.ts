// Draws from a base density.

import type { Distribution } from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import type { FloatArray, ParameterStore } from "../../src/runtime/parameter-store.js";
import { input } from "../../src/tensor/index.js";
import { evaluate } from "../bijections/support.js";

/** The sampling expression, and noise for so many rows in the store's float type. */
export function sampler(base: Distribution, count: number, store: ParameterStore, seed = 5) {
  const random = new Random(seed);
  const array = (columns: number): FloatArray =>
    store.float === "float64" ? new Float64Array(count * columns) : new Float32Array(count * columns);
  const noise = {
    ...(base.noise.uniform > 0 && { uniform: input("uniform", ["batch", base.noise.uniform]) }),
    ...(base.noise.normal > 0 && { normal: input("normal", ["batch", base.noise.normal]) }),
  };
  const values = {
    ...(base.noise.uniform > 0 && { uniform: random.fillUniform(array(base.noise.uniform)) }),
    ...(base.noise.normal > 0 && { normal: random.fillNormal(array(base.noise.normal)) }),
  };
  return { draw: base.sample(noise), values };
}

/** `count` draws, row-major. */
export async function draws(base: Distribution, count: number, store: ParameterStore): Promise<Float64Array> {
  const { draw, values } = sampler(base, count, store);
  return (await evaluate({ draw }, values, store)).draw;
}
