// The labs: papers' claims, rerun. They are loaded when asked for, because their pictures take a plot library that nobody
// who imports the package for a model should wait for.

import type { Lab } from "./lab.js";

export type { Figures, Lab, LabOptions, LabResult } from "./lab.js";
export type { LabReport } from "./run.js";

/**
 * The labs by name.
 *
 * @example const { held, verdict } = await (await labs()).toys.run({ full: false, smoke: true, seed: 0, threads: 2 })
 */
export async function labs(): Promise<Readonly<Record<string, Lab>>> {
  return (await import("./table.js")).labs;
}
