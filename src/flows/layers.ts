// The layers that take a row to its latent, one by one and with names: the maps of latent-maps.ts taken apart.

import { type Beside, type Bijection, beside, type Chain } from "../bijections/index.js";
import type { Distribution } from "../distributions/index.js";
import type { Flow } from "./flow.js";

/** One step on a row's way to its latent. */
export interface Layer {
  /** What people call it, counted within its net: "spline 1", "matrix 1", "spline 2". */
  readonly name: string;
  readonly bijection: Bijection;
}

/**
 * The layers of a flow, the data's side first; a mixture's nets are told one by one, in the order of `latentMaps`.
 *
 *   f_k = layers[k][L − 1] ∘ … ∘ layers[k][0]
 *
 * @example const [[first]] = layersOf(flow) // first.bijection.forward(x)
 */
export function layersOf({ bijection, base }: Pick<Flow, "bijection" | "base">): Layer[][] {
  return beyond(base).map((rest) => named([...partsOf(bijection), ...rest]));
}

function beyond({ through, choice }: Distribution): Bijection[][] {
  if (through) return beyond(through.base).map((rest) => [...partsOf(through.bijection), ...rest]);
  if (choice?.components.some((component) => component.through)) return choice.components.flatMap(beyond);
  return [[]];
}

function partsOf(bijection: Bijection | Chain | Beside): Bijection[] {
  if ("parts" in bijection) return bijection.parts.flatMap(partsOf);
  if ("inner" in bijection) {
    const { inner, extra } = bijection;
    return partsOf(inner).map((part) => beside({ inner: part, extra }));
  }
  return [bijection];
}

/** What is said for a type where the type itself says less. */
const words: Readonly<Record<string, string>> = {
  "rational-quadratic-spline": "spline",
  "column-transforms": "curves for bounds and tails",
  "conditional-affine": "shift by categories",
};

function named(parts: readonly Bijection[]): Layer[] {
  const counts = new Map<string, number>();
  return parts.map((bijection) => {
    const type = typeOf(bijection);
    const word = words[type] ?? (type.endsWith("linear") ? "matrix" : type.replaceAll("-", " "));
    const count = (counts.get(word) ?? 0) + 1;
    counts.set(word, count);
    return { name: `${word} ${count}`, bijection };
  });
}

const typeOf = (bijection: Bijection | Beside): string =>
  "inner" in bijection ? typeOf(bijection.inner) : bijection.config().type;
