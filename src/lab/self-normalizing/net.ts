// The net that every estimator trains here, and how far the learned inverses of its layers are off.

import {
  type Bijection,
  chain,
  linear,
  selfNormalizingLinear,
  smoothLeakyRelu,
} from "../../bijections/index.js";
import { normal } from "../../distributions/index.js";
import { Flow } from "../../flows/index.js";
import type { JacobianEstimator } from "../../jacobian/index.js";
import type { Random } from "../../random/index.js";
import { type FloatArray, type ParameterStore, Program } from "../../runtime/index.js";
import { input, inverse, matmul, mean, mul, sub, sum, type Tensor } from "../../tensor/index.js";

/** Two dense layers with a smooth leaky ReLU between them over a normal base: the paper's dense net. */
export interface Net {
  readonly flow: Flow;
  /** In the order of data to latent. */
  readonly parts: readonly Bijection[];
}

/**
 * Starts as the same map under every estimator. Layers with a learned inverse R use it in place of W^{-1}.
 *
 * @param noise of the first weights; default: that of every dense layer
 */
export function netFor({ layer }: JacobianEstimator, dim: number, random: Random, noise?: number): Net {
  const dense = (name: string) =>
    layer === "self-normalizing-linear"
      ? selfNormalizingLinear({ dim, noise, random: random.split(name), approximateInverse: true })
      : linear({ dim, noise, random: random.split(name) });
  const parts = [dense("first layer"), smoothLeakyRelu({ dim }), dense("last layer")];
  return { parts, flow: new Flow(chain(parts), normal({ dim })) };
}

/** What the learned inverses are worth, measured on rows. */
export interface InverseErrors {
  /** ‖x − (xW)R‖ / ‖x‖ of the layer where it is largest, x what goes into that layer; root mean square over rows. */
  readonly layer: number;
  /** ‖x − g(f(x))‖ / ‖x‖ of the whole net, g its inverse by every R. */
  readonly net: number;
}

/** Measures the learned inverses of a net again and again. */
export class InverseMeter {
  readonly #program: Program<string>;

  private constructor(program: Program<string>) {
    this.#program = program;
  }

  /** For a net without learned inverses: nothing. */
  static async create(
    { flow, parts }: Net,
    parameters: ParameterStore,
    threads: number,
  ): Promise<InverseMeter | undefined> {
    const outputs: Record<string, Tensor> = {};
    const square = (x: Tensor) => mean(sum(mul(x, x), 1));
    const rows = input("x", ["batch", flow.dim]);
    let x: Tensor = rows;
    for (const [i, part] of parts.entries()) {
      const { weight, learnedInverse } = part.parameters;
      if (learnedInverse) {
        outputs[`miss ${i}`] = square(sub(x, matmul(matmul(x, weight), learnedInverse)));
        outputs[`size ${i}`] = square(x);
      }
      x = part.forward(x).y;
    }
    if (Object.keys(outputs).length === 0) return undefined;
    outputs["miss of the net"] = square(sub(rows, flow.bijection.inverse(x).x));
    outputs["size of the net"] = square(rows);
    return new InverseMeter(await Program.compile(outputs, { parameters, threads }));
  }

  async measure(rows: FloatArray): Promise<InverseErrors> {
    const found = await this.#program.run({ x: rows });
    const errors = Object.keys(found)
      .filter((name) => name.startsWith("miss "))
      .map((name) => [name, Math.sqrt(found[name][0] / found[name.replace("miss", "size")][0])] as const);
    const net = errors.find(([name]) => name === "miss of the net")?.[1] ?? Number.NaN;
    const layers = errors.filter(([name]) => name !== "miss of the net").map(([, error]) => error);
    return { layer: Math.max(...layers), net };
  }

  release(): Promise<void> {
    return this.#program.release();
  }
}

/** Mean exact log-density, nats a row, of rows drawn from the same latents in two ways. */
export interface Drawn {
  readonly byR: number;
  readonly byInverse: number;
}

/** Draws rows with every R, and with every W^{-1}, and asks the flow's exact density how likely they are. */
export async function drawBothWays(
  { flow, parts }: Net,
  parameters: ParameterStore,
  latents: FloatArray,
  threads: number,
): Promise<Drawn> {
  const z = input("z", ["batch", flow.dim]);
  let x: Tensor = z;
  for (const part of parts.toReversed()) {
    const { weight, bias } = part.parameters;
    x = weight ? matmul(sub(x, bias), inverse(weight)) : part.inverse(x).x;
  }
  const program = await Program.compile(
    {
      byR: mean(flow.logProb(flow.bijection.inverse(z).x)),
      byInverse: mean(flow.logProb(x)),
    },
    { parameters, threads },
  );
  try {
    const { byR, byInverse } = await program.run({ z: latents });
    return { byR: byR[0], byInverse: byInverse[0] };
  } finally {
    await program.release();
  }
}
