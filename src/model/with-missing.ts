// A flow whose draws leave cells missing as often as in the data: the flow of a model, which draws complete rows, with one
// thing changed.

import type { Config } from "../bijections/index.js";
import { type LaidColumn, layoutOf } from "../data/index.js";
import { buildFlow, type Flow } from "../flows/index.js";
import { ParameterStore } from "../runtime/index.js";

/** A flow with its numbers. */
export interface Drawn {
  readonly flow: Flow;
  readonly parameters: ParameterStore;
}

/** The same density, of whose slots "missing" draws are not withheld. */
export function withMissing({ flow, parameters }: Drawn, columns: readonly LaidColumn[]): Drawn {
  const changed = buildFlow(allowing(missingSlots(columns), flow.config()) as ReturnType<Flow["config"]>);
  const store = new ParameterStore(Object.values(changed.parameters));
  for (const [name, parameter] of Object.entries(changed.parameters))
    store.view(parameter).set(parameters.view(flow.parameters[name]));
  return { flow: changed, parameters: store };
}

/** The slots that say of a cell that it is missing, counted from the first block on. */
function missingSlots(columns: readonly LaidColumn[]): Set<number> {
  const { dim, places } = layoutOf(columns);
  return new Set(
    columns.flatMap(({ kind, categories = [], missing }, c) => {
      const { block } = places[c];
      if (!block || !missing) return [];
      return [block.at - dim + (kind === "categorical" ? categories.length + 1 : 1)];
    }),
  );
}

/** A configuration in which latent classes, wherever they are, do not withhold some slots. */
function allowing(slots: ReadonlySet<number>, config: unknown): unknown {
  if (Array.isArray(config)) return config.map((part) => allowing(slots, part));
  if (typeof config !== "object" || config === null) return config;
  const isClasses = (config as Config).type === "latent-classes";
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      isClasses && name === "withheld"
        ? (value as number[]).filter((slot) => !slots.has(slot))
        : allowing(slots, value),
    ]),
  );
}
