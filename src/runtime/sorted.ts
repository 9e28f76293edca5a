// Questions to ascending numbers.

import type { FloatArray } from "./parameter-store.js";

/** How many numbers of an ascending list are smaller than a value: the place of the first that is not. O(log n) */
export function countBelow(sorted: FloatArray, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
