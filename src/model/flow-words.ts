// A flow's architecture in a line of words, from its configuration: for `info`, the report and the model card.

import type { Config } from "../bijections/index.js";

const plain = (type: string) => type.replaceAll("-", " ");

/** "linear → (rational quadratic spline → linear) × 7": neighbours that repeat are said once. */
function sequence(names: readonly string[]): string {
  for (const period of [1, 2])
    for (let start = 0; start + 2 * period <= names.length; start++) {
      const unit = names.slice(start, start + period);
      let times = 1;
      while (unit.every((name, i) => names[start + times * period + i] === name)) times++;
      if (times * period < 4) continue;
      const words = period === 1 ? unit[0] : `(${unit.join(" → ")})`;
      const rest = names.slice(start + times * period);
      return [...names.slice(0, start), `${words} × ${times}`, ...rest].join(" → ");
    }
  return names.join(" → ");
}

function namesOf(bijection: Config): string[] {
  if (bijection.type === "chain") return (bijection.parts as Config[]).flatMap(namesOf);
  // Beside columns that stay as they are.
  if (bijection.type === "beside") return namesOf(bijection.inner as Config);
  return [plain(bijection.type)];
}

/** A base density in words; a mixture's components are nets of their own, those alike said once. */
export function baseWords(base: Config): string {
  if (base.type === "transformed")
    return flowWords({ bijection: base.bijection as Config, base: base.base as Config });
  if (base.type === "factorized")
    return `${baseWords(base.conditional as Config)}, given ${baseWords(base.categories as Config)}`;
  if (base.type !== "mixture") return plain(base.type);
  const words = (base.components as Config[]).map(baseWords);
  const each = [...new Set(words)].map((text) => {
    const count = words.filter((other) => other === text).length;
    return count > 1 ? `${count} × [${text}]` : `[${text}]`;
  });
  return `${base.learned === false ? "average" : "mixture"} of ${each.join(", ")}`;
}

/** The layers from data to base; of categories alone, between which and the base there is no map, the base. */
export function flowWords({
  bijection,
  base,
}: {
  readonly bijection: Config;
  readonly base: Config;
}): string {
  if (base.type === "latent-classes")
    return base.classes === 1
      ? "1 latent class: the columns are independent"
      : `${base.classes} latent classes, within each of which the columns are independent`;
  return `${sequence(namesOf(bijection))} → ${baseWords(base)}`;
}
