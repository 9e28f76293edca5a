// The latent spaces of a model's nets: where each takes rows, and draws of the base there. A plain flow is one net.

import { layoutOf, writeCoordinates } from "../data/index.js";
import type { Distribution } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import { latentMaps } from "../flows/index.js";
import { farthest } from "../onnx/index.js";
import type { Random } from "../random/index.js";
import { Program } from "../runtime/index.js";
import { concat, input, reshape, slice, type Tensor } from "../tensor/index.js";
import { draw } from "./draw.js";
import type { Model } from "./model.js";

/** What a net makes of rows. */
export interface Latents {
  /** Row-major [n, numericDim]. */
  readonly latent: Float64Array;
  /** Place of the net that each row is most likely of, [n]. */
  readonly net: Uint32Array;
}

/** Rows that go through a net at once. */
const batchRows = 1024;

/** How many nets a model is a mixture or an average of; 1: a plain flow. */
export const netCount = ({ flow }: Model): number => basesOf(flow.base).length;

/**
 * Whether each net of a model was fitted to all rows, so that each should take them to its base: an average, or one net.
 * A mixture's nets share the rows among them.
 */
export const isAverage = ({ flow }: Model): boolean => !hasMixture(flow.config().base);

/**
 * Complete rows in the latent space of one net. O(D²) a row and net.
 *
 * @param rows row-major [n, columns], in the columns' units, without missing numbers
 * @param net its place, from 0
 * @throws LogdetError "usage" if there is no such net
 * @example const { latent } = await latentsOf(model, rows, 0)
 */
export async function latentsOf(model: Model, rows: Float64Array, net: number): Promise<Latents> {
  requireNet(model, net);
  const { columns, flow, parameters, numericDim } = model;
  const layout = layoutOf(columns);
  const maps = latentMaps(flow, input("x", ["batch", layout.width]));
  const each = maps.map(({ logProb }) => reshape(logProb, ["batch", 1]));
  const outputs: Record<string, Tensor> = {
    latent: slice(maps[net].latent, 1, 0, numericDim),
    ...(maps.length > 1 && { logProb: concat(each, 1) }),
  };
  const program = await Program.compile(outputs, { parameters });
  try {
    const count = rows.length / columns.length;
    const latent = new Float64Array(count * numericDim);
    const nets = new Uint32Array(count);
    for (let row = 0; row < count; row += batchRows) {
      const some = rows.subarray(row * columns.length, (row + batchRows) * columns.length);
      const x = new Float32Array((some.length / columns.length) * layout.width);
      writeCoordinates(columns, layout, some, x, { limit: farthest });
      const { latent: found, logProb } = await program.run({ x });
      latent.set(found, row * numericDim);
      if (logProb)
        for (let i = 0; i < some.length / columns.length; i++) {
          const shares = Array.from(logProb.subarray(i * maps.length, (i + 1) * maps.length));
          nets[row + i] = shares.indexOf(Math.max(...shares));
        }
    }
    return { latent, net: nets };
  } finally {
    await program.release();
  }
}

/**
 * Draws of one net's base, row-major [n, numericDim].
 *
 * @throws LogdetError "usage" if there is no such net
 */
export async function baseDraws(model: Model, net: number, n: number, random: Random): Promise<Float64Array> {
  requireNet(model, net);
  const base = basesOf(model.flow.base)[net];
  const programs: Program[] = [];
  const program = async (_: string, build: () => Tensor) => {
    const compiled = await Program.compile({ value: build() }, { parameters: model.parameters });
    programs.push(compiled);
    return compiled;
  };
  try {
    const drawn = await draw(n, random, { name: "base", base, rows: (z) => z, program });
    const { numericDim } = model;
    if (base.dim === numericDim) return drawn;
    return Float64Array.from(
      { length: n * numericDim },
      (_, i) => drawn[Math.floor(i / numericDim) * base.dim + (i % numericDim)],
    );
  } finally {
    for (const compiled of programs) await compiled.release();
  }
}

/** The bases behind all maps, in the order of `latentMaps`. */
function basesOf(base: Distribution): readonly Distribution[] {
  const { through, choice } = base;
  if (through) return basesOf(through.base);
  if (choice?.components.some((component) => component.through)) return choice.components.flatMap(basesOf);
  return [base];
}

/** Whether a configuration holds a mixture of nets whose weights were learned. */
function hasMixture(config: unknown): boolean {
  if (typeof config !== "object" || config === null) return false;
  const { type, learned, components } = config as Record<string, unknown>;
  const ofNets =
    type === "mixture" &&
    learned !== false &&
    (components as readonly { readonly type: string }[]).some((one) => one.type === "transformed");
  return ofNets || Object.values(config).some(hasMixture);
}

function requireNet(model: Model, net: number): void {
  const count = netCount(model);
  if (!(Number.isInteger(net) && net >= 0 && net < count))
    throw new LogdetError(
      "usage",
      `the model has ${count} ${count === 1 ? "net" : "nets"}, no net ${net + 1}`,
    );
}
