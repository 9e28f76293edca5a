// The optimizers by name: what --optimizer offers.

import { LogdetError } from "../errors.js";
import { adam, adamW } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { descent, sgd } from "./sgd.js";

export const optimizers: Readonly<
  Record<string, { readonly summary: string; readonly make: () => Optimizer }>
> = {
  adam: { summary: "running moments, steps scaled element by element", make: adam },
  adamw: { summary: "Adam with decoupled weight decay 0.01", make: adamW },
  descent: { summary: "gradient descent without memory", make: descent },
  sgd: { summary: "gradient descent with momentum 0.9", make: sgd },
};

/** @throws LogdetError "usage" for an unknown name. */
export function optimizer(name: string): Optimizer {
  if (!Object.hasOwn(optimizers, name))
    throw new LogdetError("usage", `there is no optimizer named ${name}`, {
      hint: `Choose one of ${Object.keys(optimizers).join(", ")}.`,
    });
  return optimizers[name].make();
}
