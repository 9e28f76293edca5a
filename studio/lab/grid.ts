// The grid on which densities are drawn.

/** Points of the grid, across and down. */
export const gridSize = 80;

/** A function's values in the middles of a square's cells: row-major [gridSize, gridSize], the lowest y first. */
export type Grid = Float64Array;
