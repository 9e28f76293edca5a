// Draws of many rows, a batch at a time: noise from the generator, rows from programs. Where a density is a mixture, each
// row costs its own component only.

import type { Distribution } from "../distributions/index.js";
import type { Random } from "../random/index.js";
import type { Program } from "../runtime/index.js";
import type { Tensor } from "../tensor/index.js";
import { noiseInputs } from "./parts.js";

/** Rows a program works on at once: many, because every run inverts the matrices anew. */
const batchRows = 4096;

/** Compiles a formula once; asked for again by the same name, it gives the same program. */
export type ProgramSource = (name: string, build: () => Tensor) => Promise<Program>;

/** What is drawn from which base: `rows` turns draws of the base, [batch, D], into what is wanted. */
export interface DrawOptions {
  readonly name: string;
  readonly base: Distribution;
  readonly rows: (latent: Tensor) => Tensor;
  readonly program: ProgramSource;
}

/** Noise for some rows: row-major [rows, columns] each. */
interface NoiseBatch {
  readonly uniform: Float32Array;
  readonly normal: Float32Array;
}

/**
 * n rows, row-major [n · D].
 *
 * The noise of a row does not depend on how it is turned into the row: a mixture drawn component by component gives the
 * rows that its `sample` formula gives.
 */
export async function draw(n: number, random: Random, options: DrawOptions): Promise<Float64Array> {
  const { base, name, rows, program } = options;
  const { dim, noise, choice } = base;
  const result = new Float64Array(n * dim);
  const batches = function* (): Generator<{ readonly start: number; readonly drawn: NoiseBatch }> {
    for (let start = 0; start < n; start += batchRows) {
      const count = Math.min(batchRows, n - start);
      const uniform = random.fillUniform(new Float32Array(count * noise.uniform));
      yield { start, drawn: { uniform, normal: random.fillNormal(new Float32Array(count * noise.normal)) } };
    }
  };
  if (!choice) {
    const run = await program(name, () => rows(base.sample(noiseInputs(base))));
    for (const { start, drawn } of batches()) result.set((await run.run({ ...drawn })).value, start * dim);
    return result;
  }

  const waiting = choice.components.map((component, k) => ({
    component,
    k,
    places: [] as number[],
    uniform: new Float32Array(batchRows * component.noise.uniform),
    normal: new Float32Array(batchRows * component.noise.normal),
  }));
  type Waiting = (typeof waiting)[number];
  const flush = async ({ component, k, places, uniform, normal }: Waiting) => {
    const run = await program(`${name} ${k}`, () => rows(component.sample(noiseInputs(component))));
    const { value } = await run.run({
      uniform: uniform.subarray(0, places.length * component.noise.uniform),
      normal: normal.subarray(0, places.length * component.noise.normal),
    });
    for (const [i, row] of places.entries()) result.set(value.subarray(i * dim, (i + 1) * dim), row * dim);
    places.length = 0;
  };
  const picking = await program(`${name} pick`, () => choice.pick(noiseInputs(base)));
  for (const { start, drawn } of batches()) {
    const chosen = (await picking.run({ ...drawn })).value.slice();
    for (const [row, k] of chosen.entries()) {
      const own = waiting[k];
      const { uniform, normal } = own.component.noise;
      const [u, v] = [row * noise.uniform + choice.uniforms, row * noise.normal];
      own.uniform.set(drawn.uniform.subarray(u, u + uniform), own.places.length * uniform);
      own.normal.set(drawn.normal.subarray(v, v + normal), own.places.length * normal);
      own.places.push(start + row);
      if (own.places.length === batchRows) await flush(own);
    }
  }
  for (const own of waiting) if (own.places.length > 0) await flush(own);
  return result;
}
