// The maps that take a row to its latent: one in a plain flow, one a net in a mixture of them.

import type { Distribution } from "../distributions/index.js";
import { add, slice, type Tensor } from "../tensor/index.js";
import type { Flow } from "./flow.js";

/** One net's map, at rows x. */
export interface LatentMap {
  /** f(x), [batch, D]. */
  readonly latent: Tensor;
  /** log|det J_f(x)| in nats, [batch], or [] where it is the same for every row. */
  readonly logDet: Tensor;
  /** The log-density that the net adds to the mixture's, weight included, [batch]: the largest one's is the row's net. */
  readonly logProb: Tensor;
}

/**
 * The maps from rows x, [batch, D], to latents. A mixture's density is no single map's: its nets are told one by one.
 *
 * @example const [{ latent, logDet }] = latentMaps(flow, x)
 */
export function latentMaps({ bijection, base }: Pick<Flow, "bijection" | "base">, x: Tensor): LatentMap[] {
  const { y, logDet } = bijection.forward(x);
  return beyond(base, y, logDet, 0);
}

function beyond(base: Distribution, z: Tensor, logDet: Tensor, logWeight: Tensor | number): LatentMap[] {
  const { through, choice } = base;
  if (through) {
    const { y, logDet: further } = through.bijection.forward(z);
    return beyond(through.base, y, add(logDet, further), logWeight);
  }
  if (choice?.components.some((component) => component.through))
    return choice.components.flatMap((component, k) =>
      beyond(component, z, logDet, add(slice(choice.logWeights, 0, k, k + 1), logWeight)),
    );
  return [{ latent: z, logDet, logProb: add(add(base.logProb(z), logDet), logWeight) }];
}
