// Draws of a row's unknown categories given the known ones, many times over, and how likely each is.

import { blockStarts, type LatentClassTable } from "../distributions/index.js";
import { LogdetError } from "../errors.js";
import type { Random } from "../random/index.js";

/** A block of which several slots are allowed. */
interface Open {
  /** The allowed slots, from the first block on. */
  readonly slots: readonly number[];
  /** Of each class, row-major [K, slots], their probabilities added up from the left. */
  readonly sums: Float64Array;
}

/**
 * Latent classes (`latentClasses`) given which slots are allowed: what `drawSlots` draws, set up once. O(M K) to make,
 * then O(K + slots) a draw and O(K · unknown columns) a probability.
 */
export class CategoryDraws {
  readonly #table: LatentClassTable;
  /** log π_k P_k(the blocks with one allowed slot), [K]. */
  readonly #known: Float64Array;
  /** The classes' shares given what is allowed, added up from the left: [K]. */
  readonly #classes: Float64Array;
  readonly #open: readonly Open[];
  /** Slots of the blocks with but one. */
  readonly #fixed: readonly number[];

  /**
   * @param allowed of all slots, from the first block on, those that a row may have: at least one of each block
   * @throws LogdetError "numeric" if what is allowed has no probability.
   */
  constructor(table: LatentClassTable, allowed: Uint8Array) {
    const { sizes, logWeights, logProbabilities } = table;
    const count = logWeights.length;
    const starts = blockStarts(sizes);
    const blocks = sizes.map((size, block) =>
      Array.from({ length: size }, (_, i) => starts[block] + i).filter((slot) => allowed[slot]),
    );
    this.#table = table;
    this.#fixed = blocks.flatMap((slots) => (slots.length === 1 ? slots : []));
    this.#known = Float64Array.from(logWeights, (weight, k) =>
      this.#fixed.reduce((sum, slot) => sum + logProbabilities[slot * count + k], weight),
    );
    this.#open = blocks
      .filter(({ length }) => length > 1)
      .map((slots) => {
        const sums = new Float64Array(count * slots.length);
        for (let k = 0; k < count; k++)
          for (const [i, slot] of slots.entries())
            sums[k * slots.length + i] =
              (i > 0 ? sums[k * slots.length + i - 1] : 0) + Math.exp(logProbabilities[slot * count + k]);
        return { slots, sums };
      });
    const logShares = this.#known.map((value, k) =>
      this.#open.reduce((sum, { slots, sums }) => sum + Math.log(sums[(k + 1) * slots.length - 1]), value),
    );
    const largest = logShares.reduce((a, b) => Math.max(a, b));
    if (!(largest > -Infinity))
      throw new LogdetError("numeric", "the categories that are given have no probability together");
    let total = 0;
    this.#classes = logShares.map((value) => {
      total += Math.exp(value - largest);
      return total;
    });
  }

  /** Draws a row's slots: 1 for one of each block and 0 for the others, [M] of `into` from a place on. */
  draw(into: Float32Array, from: number, random: Random): void {
    const slots = this.#table.logProbabilities.length / this.#table.logWeights.length;
    into.fill(0, from, from + slots);
    for (const slot of this.#fixed) into[from + slot] = 1;
    if (this.#open.length === 0) return;
    const k = reached(this.#classes, 0, this.#classes.length, random.uniform());
    for (const { slots, sums } of this.#open)
      into[from + slots[reached(sums, k * slots.length, slots.length, random.uniform())]] = 1;
  }

  /** log p(e) of a row's slots, nats: [M] of `rows` from a place on, of which the row has one of each block. */
  logProb(rows: Float32Array, from: number): number {
    const { logProbabilities } = this.#table;
    const count = this.#known.length;
    const chosen = this.#open.map(({ slots }) => slots.find((slot) => rows[from + slot] === 1) ?? slots[0]);
    let [largest, total] = [-Infinity, 0];
    for (let k = 0; k < count; k++) {
      let value = this.#known[k];
      for (const slot of chosen) value += logProbabilities[slot * count + k];
      if (value > largest) {
        total = total * Math.exp(largest - value) + 1;
        largest = value;
      } else if (value > -Infinity) total += Math.exp(value - largest);
    }
    return largest + Math.log(total);
  }
}

/** The first of some increasing sums that a share of the last is below. */
function reached(sums: Float64Array, from: number, count: number, share: number): number {
  const at = share * sums[from + count - 1];
  for (let i = 0; i < count - 1; i++) if (at < sums[from + i]) return i;
  return count - 1;
}
