// The estimators by name: what --jacobian offers, what the docs list, what the tests run over.

import { LogdetError } from "../errors.js";
import type { JacobianEstimator } from "./estimator.js";
import { exact } from "./exact.js";
import { freeForm } from "./free-form.js";
import { lie } from "./lie.js";
import { lu } from "./lu.js";
import { published } from "./published.js";
import { rankOne } from "./rank-one.js";
import { relative } from "./relative.js";
import { relativeAffine } from "./relative-affine.js";
import { selfNormalizing } from "./self-normalizing.js";
import { tracked } from "./tracked.js";

export const jacobianEstimators: Readonly<Record<string, JacobianEstimator>> = Object.fromEntries(
  [
    lie,
    relative,
    relativeAffine,
    tracked(),
    exact,
    lu,
    rankOne(),
    selfNormalizing(),
    freeForm(),
    published,
  ].map((estimator) => [estimator.name, estimator]),
);

/** @throws LogdetError "usage" for an unknown name. */
export function jacobianEstimator(name: string): JacobianEstimator {
  if (!Object.hasOwn(jacobianEstimators, name))
    throw new LogdetError("usage", `there is no Jacobian estimator named ${name}`, {
      hint: `Choose one of ${Object.keys(jacobianEstimators).join(", ")}.`,
    });
  return jacobianEstimators[name];
}
