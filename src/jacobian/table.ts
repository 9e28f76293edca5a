// The estimators by name: what --jacobian offers, what the docs list, what the tests run over.

import { LogdetError } from "../errors.js";
import type { JacobianEstimator } from "./estimator.js";
import { exact } from "./exact.js";
import { lie } from "./lie.js";
import { published } from "./published.js";
import { relative } from "./relative.js";
import { relativeAffine } from "./relative-affine.js";

export const jacobianEstimators: Readonly<Record<string, JacobianEstimator>> = Object.fromEntries(
  [lie, relative, relativeAffine, exact, published].map((estimator) => [estimator.name, estimator]),
);

/** @throws LogdetError "usage" for an unknown name. */
export function jacobianEstimator(name: string): JacobianEstimator {
  if (!Object.hasOwn(jacobianEstimators, name))
    throw new LogdetError("usage", `there is no Jacobian estimator named ${name}`, {
      hint: `Choose one of ${Object.keys(jacobianEstimators).join(", ")}.`,
    });
  return jacobianEstimators[name];
}
