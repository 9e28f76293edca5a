// The labs by name: what `logdet lab` lists.

import { LogdetError } from "../errors.js";
import { copulaTails } from "./copula-tails.js";
import { gdnLab } from "./gdn.js";
import { jacobianDeterminant } from "./jacobian-determinant.js";
import type { Lab } from "./lab.js";
import { mnist } from "./mnist.js";
import { overparameterization } from "./overparameterization.js";
import { pathGradientsLab } from "./path-gradients.js";
import { relativeVsExact } from "./relative-vs-exact.js";
import { selfNormalizingLab } from "./self-normalizing.js";
import { toys } from "./toys.js";

export const labs: Readonly<Record<string, Lab>> = Object.fromEntries(
  [
    copulaTails,
    gdnLab,
    jacobianDeterminant,
    mnist,
    overparameterization,
    pathGradientsLab,
    relativeVsExact,
    selfNormalizingLab,
    toys,
  ].map((lab) => [lab.name, lab]),
);

/** @throws LogdetError "usage" for an unknown name. */
export function labNamed(name: string): Lab {
  if (!Object.hasOwn(labs, name))
    throw new LogdetError("usage", `there is no lab named ${name}`, {
      hint: `Choose one of ${Object.keys(labs).join(", ")}.`,
    });
  return labs[name];
}
