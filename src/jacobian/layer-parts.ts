// The other numbers of the layer that a parameter belongs to.

import type { Parameter } from "../tensor/index.js";
import type { TrainingProblem } from "./companion.js";

/** The parameter beside another: `bijection.2.weight` and "bias" give `bijection.2.bias`. */
export function beside(
  { parameters }: TrainingProblem["flow"],
  known: Parameter,
  name: string,
): Parameter | undefined {
  const own = Object.keys(parameters).find((key) => parameters[key] === known);
  const stem = own?.slice(0, own.lastIndexOf(".") + 1);
  return stem === undefined ? undefined : parameters[`${stem}${name}`];
}

/** Every parameter of this name, whatever its layer. */
export function named({ parameters }: TrainingProblem["flow"], name: string): Parameter[] {
  return Object.entries(parameters).flatMap(([key, value]) => (key.endsWith(`.${name}`) ? [value] : []));
}
