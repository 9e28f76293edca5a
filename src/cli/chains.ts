// What to say of chains that did not run long enough.

import { type Memory, type Model, mostMemory } from "../model/index.js";

/** A note, if draws still depend on where their chains started. */
export function chainNotes({ columns }: Model, memory: Memory | undefined, sweeps: number): string[] {
  if (memory === undefined || memory.correlation <= mostMemory) return [];
  return [
    `Half of the chains' moves left a correlation of ${memory.correlation.toFixed(2)} in ${columns[memory.column].name}: draws ` +
      `still depend somewhat on the rows they started from. More moves may help (--sweeps ${4 * sweeps}).`,
  ];
}
