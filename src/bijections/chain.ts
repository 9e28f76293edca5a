// Composition: one bijection after another.

import { LogdetError } from "../errors.js";
import { add, constant, type Tensor } from "../tensor/index.js";
import type { Bijection } from "./bijection.js";

/** A composition that can be taken apart again. */
export interface Chain extends Bijection {
  readonly parts: readonly Bijection[];
}

/**
 * Bijections applied in order; the inverse undoes them from the last to the first.
 *
 *   y = f_n(… f_1(x)),   log|det dy/dx| = Σ log|det of each|
 *
 * @throws LogdetError "shape" if the parts' dimensions differ.
 * @example const body = chain([linear({ dim: 8 }), smoothLeakyRelu({ dim: 8 }), linear({ dim: 8 })])
 */
export function chain(parts: readonly Bijection[]): Chain {
  const dim = parts[0]?.dim;
  for (const [i, part] of parts.entries())
    if (part.dim !== dim)
      throw new LogdetError(
        "shape",
        `the parts of a chain must have one dimension, got ${dim} and ${part.dim}`,
        {
          where: [`layer ${i + 1}`],
        },
      );
  if (dim === undefined) throw new LogdetError("usage", "a chain needs at least one bijection");
  const parameters = Object.fromEntries(
    parts.flatMap((part, i) =>
      Object.entries(part.parameters).map(([name, value]) => [`${i}.${name}`, value]),
    ),
  );
  return {
    dim,
    parts,
    parameters,
    forward(x, context) {
      let y = x;
      let logDet: Tensor = constant(0);
      for (const part of parts) {
        const step = part.forward(y, context);
        y = step.y;
        logDet = add(logDet, step.logDet);
      }
      return { y, logDet };
    },
    inverse(y, context) {
      let x = y;
      let logDet: Tensor = constant(0);
      for (const part of [...parts].reverse()) {
        const step = part.inverse(x, context);
        x = step.x;
        logDet = add(logDet, step.logDet);
      }
      return { x, logDet };
    },
    config: () => ({ type: "chain", parts: parts.map((part) => part.config()) }),
  };
}
