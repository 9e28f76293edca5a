// W^{-1} and log|det W| of a matrix, carried along while it changes: where they are kept, computed afresh, and checked.

import { type FloatArray, factorizeAsync } from "../runtime/index.js";
import { type Parameter, parameter, slice, sum, type Tensor } from "../tensor/index.js";
import type { CompanionArena, Drift } from "./companion.js";

/** What is carried of one matrix, as numbers of the estimator's own. */
export interface Carried {
  readonly matrix: Parameter;
  /** W^{-1}, [D, D]. */
  readonly inverse: Parameter;
  /** [high, low, known]: log|det W| = high + low, which float32 alone would round; known: 0 until first computed. */
  readonly volume: Parameter;
  /** log|det W|, a scalar in nats. */
  readonly logAbsDet: Tensor;
}

export function carry(matrix: Parameter): Carried {
  const volume = parameter([3], [0, 0, 0], { trainable: false });
  return {
    matrix,
    inverse: parameter(matrix.shape, new Float64Array(matrix.size), { trainable: false }),
    volume,
    logAbsDet: sum(slice(volume, 0, 0, 2)),
  };
}

/** Computes what has never been computed, O(D³). */
export async function ensure(arena: CompanionArena, all: readonly Carried[]): Promise<void> {
  for (const carried of all) if (arena.store.view(carried.volume)[2] === 0) await refresh(arena, carried);
}

/** Computes everything afresh, O(D³), and says how far it was off. */
export async function repair(arena: CompanionArena, all: readonly Carried[]): Promise<Drift> {
  let [volume, inverted] = [0, 0];
  for (const carried of all) {
    const drift = await refresh(arena, carried);
    volume = Math.max(volume, drift.logAbsDet);
    inverted = Math.max(inverted, drift.inverse);
  }
  return { logAbsDet: volume, inverse: inverted };
}

async function refresh(arena: CompanionArena, carried: Carried): Promise<Required<Drift>> {
  const { matrix, inverse } = carried;
  const before = readVolume(arena, carried);
  const view = arena.store.view(matrix);
  const fresh = await factorizeAsync(view, matrix.shape[0], { inverse: true });
  const drift = replace(arena.store.view(inverse), fresh.inverse ?? view);
  writeVolume(arena, carried, fresh.logAbsDet);
  return { logAbsDet: Math.abs(fresh.logAbsDet - before), inverse: drift };
}

/** Puts a better inverse in place of another; returns the relative distance between the two, in the Frobenius norm. */
export function replace(target: FloatArray, better: FloatArray): number {
  let [distance, length] = [0, 0];
  for (let i = 0; i < target.length; i++) {
    distance += (better[i] - target[i]) ** 2;
    length += better[i] ** 2;
  }
  target.set(better);
  return Math.sqrt(distance / length);
}

/** log|det W| in full precision. */
export function readVolume({ store }: CompanionArena, { volume }: Carried): number {
  const [high, low] = store.view(volume);
  return high + low;
}

export function writeVolume({ store }: CompanionArena, { volume }: Carried, value: number): void {
  const view = store.view(volume);
  view[0] = value;
  view[1] = value - view[0];
  view[2] = 1;
}
