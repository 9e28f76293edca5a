// How much chains remember: whether they ran long enough to forget where they started.

import type { Layout } from "../data/index.js";
import type { Target } from "./conditional-target.js";

/** What chains still know of where they were. */
export interface Memory {
  /** Correlation, over the chains, of where they are with where they were half of the sweeps before. */
  readonly correlation: number;
  /** The column that has the largest, as its place among the model's. */
  readonly column: number;
}

/** With a larger correlation draws depend on where chains started: its square is what is left of a start at the end. */
export const mostMemory = 0.4;

/** With fewer chains, beyond one a target, a correlation is mostly chance. */
const fewestChains = 90;

interface Sums {
  products: number;
  before: number;
  after: number;
  /** Chains beyond one a target. */
  chains: number;
}

/**
 * The correlation of chains' cells between two times. Numbers count by their ranks among the chains of one target,
 * categories by the slots that they are in. Within a target chains differ by chance alone, so that what correlates is
 * memory, however the draws are distributed.
 */
export class MemoryTally {
  readonly #layout: Layout;
  /** One a column. */
  readonly #sums: readonly Sums[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#sums = layout.places.map(() => ({ products: 0, before: 0, after: 0, chains: 0 }));
  }

  /**
   * @param targets one a chain; chains of the same target are compared
   * @param before row-major [chains, width]
   * @param after the same chains, later
   */
  add(targets: readonly Target[], before: Float32Array, after: Float32Array): void {
    const groups = new Map<Target, number[]>(targets.map((target) => [target, []]));
    for (const [chain, target] of targets.entries()) groups.get(target)?.push(chain);
    const { width } = this.#layout;
    for (const [column, { coordinate, block }] of this.#layout.places.entries()) {
      const sums = this.#sums[column];
      for (const [{ numbers, categories }, chains] of groups) {
        const at = (rows: Float32Array, place: number) => chains.map((chain) => rows[chain * width + place]);
        if (coordinate !== undefined) {
          if (!numbers.includes(coordinate)) continue;
          compare(ranksOf(at(before, coordinate)), ranksOf(at(after, coordinate)), sums);
        } else {
          const own = categories.find((one) => one.at === block?.at);
          if (own === undefined) continue;
          for (let slot = own.at; slot < own.at + own.size; slot++)
            compare(at(before, slot), at(after, slot), sums);
        }
        sums.chains += chains.length - 1;
      }
    }
  }

  /** The column that is remembered best; undefined if there were too few chains to tell. */
  largest(): Memory | undefined {
    let most: Memory | undefined;
    for (const [column, { products, before, after, chains }] of this.#sums.entries()) {
      const correlation = products / Math.sqrt(before * after);
      if (chains >= fewestChains && correlation > (most?.correlation ?? -Infinity))
        most = { correlation, column };
    }
    return most;
  }
}

/** Adds the products of two lists' deviations from their means. */
function compare(before: readonly number[], after: readonly number[], sums: Sums): void {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [first, second] = [mean(before), mean(after)];
  for (let i = 0; i < before.length; i++) {
    sums.products += (before[i] - first) * (after[i] - second);
    sums.before += (before[i] - first) ** 2;
    sums.after += (after[i] - second) ** 2;
  }
}

function ranksOf(values: readonly number[]): number[] {
  const ranks: number[] = [];
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  for (const [rank, i] of order.entries()) ranks[i] = rank / values.length;
  return ranks;
}
