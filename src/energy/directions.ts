// The two directions of a fit, as one problem: rows whose score is known go through a map that is trained, towards a
// density at its other end.

import { type Bijection, chain, reversed, standardization } from "../bijections/index.js";
import { normal } from "../distributions/index.js";
import { denseFlow, Flow } from "../flows/index.js";
import type { Random } from "../random/index.js";
import type { FloatArray } from "../runtime/index.js";
import { input, neg, type Tensor } from "../tensor/index.js";
import type { EnergyField, EnergyTarget } from "./energy-field.js";
import { requireRows } from "./fitted-energy.js";
import { perCoordinate, type Settings } from "./settings.js";

/** What the gradient program takes beside the rows. */
export type Inputs = Readonly<Record<string, FloatArray>>;

export interface Direction {
  /** q, from data to latent. */
  readonly flow: Flow;
  /** What runs forward in training: q's bijection one way or the other, and the density that it leads to. */
  readonly trained: Flow;
  /** The score of the rows in front. */
  readonly startScore: (x: Tensor) => Tensor;
  /** The density that it leads to, where that is the energy's. */
  readonly target?: EnergyTarget;
  /** Fills a batch with rows. */
  draw(batch: Float32Array, random: Random): Inputs;
}

/** Dense layers with curves between them. */
function net(dim: number, { layers, bins, activation, jacobian }: Settings, random: Random): Bijection {
  const plain = { base: "normal", front: false, layer: jacobian.layer };
  return denseFlow({ dim, layers, bins, activation, ...plain, random }).bijection;
}

/** From standard normals, whose score is −z, to the energy: the reverse divergence. */
export function fromBase(field: EnergyField, settings: Settings, random: Random): Direction {
  const { dim } = field;
  const center = perCoordinate("center", settings.center ?? 0, dim);
  const scale = perCoordinate("scale", settings.scale ?? 1, dim);
  const placed = reversed(standardization({ dim, center, scale }));
  const sampler = chain([net(dim, settings, random), placed]);
  const target = field.target();
  return {
    flow: new Flow(reversed(sampler), normal({ dim })),
    trained: new Flow(sampler, target),
    startScore: neg,
    target,
    draw(batch, random) {
      random.fillNormal(batch);
      return {};
    },
  };
}

const scoreName = "startScore";

/** From samples of the target, whose score is −∇energy, to the standard normal: the forward divergence. */
export async function fromSamples(
  field: EnergyField,
  samples: FloatArray,
  settings: Settings,
  random: Random,
): Promise<Direction> {
  const { dim } = field;
  requireRows(samples, dim, "sample");
  const moments = momentsOf(samples, dim);
  const center = perCoordinate("center", settings.center ?? moments.center, dim);
  const scale = perCoordinate("scale", settings.scale ?? moments.scale, dim);
  const flow = new Flow(
    chain([standardization({ dim, center, scale }), net(dim, settings, random)]),
    normal({ dim }),
  );
  const slopes =
    settings.gradient === "path" ? (await field.evaluate(samples, "sample")).gradients : undefined;
  return {
    flow,
    trained: flow,
    startScore: () => input(scoreName, ["batch", dim]),
    draw(batch, random) {
      const score = new Float32Array(batch.length);
      for (let i = 0; i < batch.length; i += dim) {
        const from = random.integer(samples.length / dim) * dim;
        batch.set(samples.subarray(from, from + dim), i);
        for (let d = 0; slopes && d < dim; d++) score[i + d] = -slopes[from + d];
      }
      return { [scoreName]: score };
    },
  };
}

function momentsOf(samples: FloatArray, dim: number): { center: Float64Array; scale: Float64Array } {
  const count = samples.length / dim;
  const center = new Float64Array(dim);
  const variance = new Float64Array(dim);
  for (let i = 0; i < samples.length; i++) center[i % dim] += samples[i] / count;
  for (let i = 0; i < samples.length; i++) variance[i % dim] += (samples[i] - center[i % dim]) ** 2 / count;
  // A single sample, or a coordinate that is the same in all of them, has no width of its own.
  return { center, scale: variance.map((value) => Math.sqrt(value) || 1) };
}
