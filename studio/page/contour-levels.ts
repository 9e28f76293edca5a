// Where the contours of a density lie: each holds a share of its mass.

/** What each contour holds of the density's mass. */
export const masses = [0.9, 0.7, 0.5, 0.3, 0.1];

/** The heights above which a density has these shares of its mass: those of its densest region. */
export function levelsOf(grid: Float64Array, shares: readonly number[] = masses): number[] {
  const sorted = grid.slice().sort().reverse();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  return shares.map((share) => {
    let reached = 0;
    for (const value of sorted) {
      reached += value;
      if (reached >= share * total) return value;
    }
    return 0;
  });
}
