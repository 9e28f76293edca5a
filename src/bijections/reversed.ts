// A bijection the other way round: its inverse as the direction of the density.

import type { Bijection } from "./bijection.js";

/**
 * The inverse of a bijection, as a bijection.
 *
 *   y = f⁻¹(x),   log|det dy/dx| = −log|det f'(y)|
 *
 * x, y: [batch, D]; logDet: as that of f's inverse. No parameters of its own, no cost of its own. For flows whose
 * samples are to be cheap rather than their densities: with f from latent to data, `reversed(f)` goes from data to
 * latent as flows do. Dense layers are trained by relative gradients only where they run forward: train f itself, see
 * fitEnergy.
 *
 * @example const flow = new Flow(reversed(sampler), normal({ dim: 2 }))
 */
export function reversed(bijection: Bijection): Bijection {
  if ("original" in bijection) return bijection.original as Bijection;
  const other: Reversed = {
    dim: bijection.dim,
    original: bijection,
    parameters: bijection.parameters,
    forward(x, context) {
      const { x: y, logDet } = bijection.inverse(x, context);
      return { y, logDet };
    },
    inverse(y, context) {
      const { y: x, logDet } = bijection.forward(y, context);
      return { x, logDet };
    },
    config: () => ({ type: "reversed", bijection: bijection.config() }),
  };
  return other;
}

/** Twice reversed is the bijection itself. */
interface Reversed extends Bijection {
  readonly original: Bijection;
}
