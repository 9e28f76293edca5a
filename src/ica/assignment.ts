// Which of several things belongs to which of others: the pairing of greatest total.

/**
 * One column a row, none twice, so that the sum of the gains is as large as can be (the Hungarian method, by shortest
 * augmenting paths). O(rows² columns).
 *
 * @param gain row-major [rows, columns], finite, rows ≤ columns
 * @returns the column of each row
 * @see Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
 * Computing 1987
 * @example bestAssignment(Float64Array.of(0.9, 0.8, 0.7, 0.1), 2, 2) // [1, 0]
 */
export function bestAssignment(gain: ArrayLike<number>, rows: number, columns: number): Uint32Array {
  const none = columns;
  // Prices of rows and columns: −gain less its two prices is never negative, and 0 along the pairs that are chosen.
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns + 1);
  const ownerOf = new Int32Array(columns + 1).fill(-1);
  for (let row = 0; row < rows; row++) {
    // The new row enters by a column of its own that does not exist, and pushes others along the cheapest path.
    ownerOf[none] = row;
    const least = new Float64Array(columns).fill(Infinity);
    const before = new Uint32Array(columns);
    const done = new Uint8Array(columns + 1);
    let at = none;
    do {
      done[at] = 1;
      const owner = ownerOf[at];
      let step = Infinity;
      let next = none;
      for (let j = 0; j < columns; j++) {
        if (done[j] === 1) continue;
        const cost = -gain[owner * columns + j] - rowPrice[owner] - columnPrice[j];
        if (cost < least[j]) {
          least[j] = cost;
          before[j] = at;
        }
        if (least[j] < step) {
          step = least[j];
          next = j;
        }
      }
      for (let j = 0; j <= columns; j++)
        if (done[j] === 1) {
          rowPrice[ownerOf[j]] += step;
          columnPrice[j] -= step;
        } else least[j] -= step;
      at = next;
    } while (ownerOf[at] !== -1);
    for (; at !== none; at = before[at]) ownerOf[at] = ownerOf[before[at]];
  }
  const result = new Uint32Array(rows);
  for (let j = 0; j < columns; j++) if (ownerOf[j] !== -1) result[ownerOf[j]] = j;
  return result;
}
