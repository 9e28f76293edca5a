// Log-densities of rows under a flow that was fitted to half of the reference.

import type { Model } from "../model/index.js";
import type { Random } from "../random/index.js";
import { fitQuickly, logProbOf, modelRows, tableOf } from "./density.js";
import { stopIfAsked } from "./permutations.js";
import type { Samples } from "./samples.js";
import type { ShiftOptions } from "./verdict.js";

/** Rows beyond these make the test slower, not much sharper. */
const mostFitted = 20_000;
export const mostScored = 5000;

/** A flow fitted to half of the reference, and the log-densities of rows that it has not seen. */
export interface HeldOutDensity {
  readonly model: Model;
  readonly logProb: { readonly reference: Float64Array; readonly current: Float64Array };
  /** The reference's rows that were held out. */
  readonly heldOut: Uint32Array;
  readonly notices: readonly string[];
}

/** @param all whether all new rows are scored, in their order; else 5,000 at most */
export async function densityOf(
  samples: Samples,
  { seed = 0, threads, signal, fit: options, onProgress }: ShiftOptions,
  random: Random,
  all = false,
): Promise<HeldOutDensity> {
  const order = random.split("reference").permutation(samples.referenceRows);
  const half = Math.floor(order.length / 2);
  const fitted = order.slice(0, Math.min(half, mostFitted));
  const heldOut = order.slice(half, half + mostScored);
  const [reference, current] = (["reference", "current"] as const).map((side) =>
    samples.columns.map(({ name, categories, known, [side]: values }) => ({
      ...{ name, values },
      ...(categories && { categories: categories.slice(0, known) }),
    })),
  );
  const { model, notices } = await fitQuickly(tableOf(reference, fitted), {
    ...{ options, seed, threads, signal },
    onProgress: (share) =>
      onProgress?.({ text: "fitting a density to half of the reference", done: 2 * share, total: 7 }),
  });
  stopIfAsked(signal);
  const everyRow = Uint32Array.from({ length: samples.currentRows }, (_, i) => i);
  const rows = all ? everyRow : random.split("current").permutation(samples.currentRows).slice(0, mostScored);
  const before = await logProbOf(model, modelRows(model, reference, heldOut));
  const after = await logProbOf(model, modelRows(model, current, rows));
  const unforeseen = before.unforeseen + after.unforeseen;
  return {
    model,
    logProb: { reference: before.logProb, current: after.logProb },
    heldOut,
    notices: [
      ...notices,
      ...(unforeseen > 0
        ? [
            `Rows with a cell missing where the density was fitted to none that misses it: ${unforeseen}. They count as the ` +
              `least likely.`,
          ]
        : []),
    ],
  };
}
