// The options of a fit, checked, with what was left out filled in.

import { LogdetError } from "../errors.js";
import { lie } from "../jacobian/index.js";
import { adam, warmupCosine } from "../optimizers/index.js";
import type { EnergyFitOptions } from "./options.js";

export type Settings = ReturnType<typeof settle>;

/** @throws LogdetError "usage" for a number out of range, and for options that contradict each other. */
export function settle(options: EnergyFitOptions) {
  const { steps = 2000, batch = 256, layers = 4, evaluationRows = 2000 } = options;
  const evaluateEvery = options.evaluateEvery ?? Math.max(1, Math.floor(steps / 10));
  const counts = { steps, batch, layers, evaluateEvery, evaluationRows };
  for (const [name, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < 1)
      throw new LogdetError("usage", `${name} must be a whole number from 1 on, got ${value}`);
  const { annealing, samples, learningRate = samples ? 0.01 : 0.03 } = options;
  if (!(learningRate > 0 && Number.isFinite(learningRate)))
    throw new LogdetError("usage", `the learning rate must be a positive number, got ${learningRate}`);
  if (annealing && samples)
    throw new LogdetError("usage", "annealing is for fits to the energy alone", {
      hint: "Leave out the annealing, or the samples.",
    });
  const { from = 1, until = 0.8 } = annealing ?? {};
  for (const [name, value] of Object.entries({ from, until }))
    if (!(value > 0 && value <= 1))
      throw new LogdetError("usage", `annealing.${name} must lie in (0, 1], got ${value}`);
  return {
    ...options,
    ...counts,
    learningRate,
    annealing: { from, until },
    gradient: options.gradient ?? "path",
    bins: options.bins ?? 8,
    activation: options.activation ?? "spline",
    jacobian: options.jacobian ?? lie,
    optimizer: options.optimizer ?? adam(),
    schedule: options.schedule ?? warmupCosine(),
  } as const;
}

/** One number for all coordinates, or one for each. */
export function perCoordinate(
  name: "center" | "scale",
  value: number | ArrayLike<number>,
  dim: number,
): Float64Array {
  const each = typeof value === "number" ? new Float64Array(dim).fill(value) : Float64Array.from(value);
  const sound = name === "center" ? Number.isFinite : (x: number) => x > 0 && Number.isFinite(x);
  if (each.length === dim && each.every(sound)) return each;
  const wanted = name === "center" ? "finite" : "positive";
  throw new LogdetError("usage", `${name} must be one ${wanted} number, or ${dim}, got ${each.join(", ")}`);
}
