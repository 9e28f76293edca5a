// A density as contours over points of the plane.

import * as Plot from "@observablehq/plot";
import { color } from "../page/palette.js";
import { points } from "../page/points.js";
import { type Grid, gridSize } from "./grid.js";

/** What each contour holds of the density's mass. */
export const masses = [0.9, 0.7, 0.5, 0.3, 0.1];

/** The heights above which a density has these shares of its mass: those of its densest region. */
export function levelsOf(grid: Grid, shares: readonly number[] = masses): number[] {
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

export interface DensityPicture {
  readonly extent: number;
  /** Absent: points alone. */
  readonly grid?: Grid | undefined;
  /** Row-major [n, 2]. */
  readonly rows: Float64Array;
  readonly contours: string;
}

export function drawDensity({ extent, grid, rows, contours }: DensityPicture) {
  const domain = [-extent, extent];
  return Plot.plot({
    ...{ width: 360, height: 352, marginLeft: 34, marginRight: 6, marginTop: 18, marginBottom: 34 },
    style: { fontSize: "12px", background: "none" },
    x: { domain, label: "x₁", ticks: 5 },
    y: { domain, label: "x₂", ticks: 5 },
    marks: [
      grid &&
        Plot.contour(Array.from(grid), {
          ...{ width: gridSize, height: gridSize, x1: -extent, x2: extent, y1: -extent, y2: extent },
          value: Plot.identity,
          // Equal heights would be one contour, and Plot takes increasing ones.
          thresholds: [...new Set(levelsOf(grid))].sort((a, b) => a - b),
          ...{ stroke: contours, fill: contours, fillOpacity: 0.1, strokeWidth: 1.1, clip: true },
        }),
      points(rows, { within: extent, stroke: color("ink"), size: 1.8, opacity: 0.4 }),
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.5 }),
    ],
  });
}

/** The picture's data: the points, then the density at the grid's points. */
export function* densityRows({ extent, grid, rows }: DensityPicture) {
  for (let i = 0; i < rows.length; i += 2) yield ["point", rows[i], rows[i + 1], null] as const;
  const at = (i: number) => extent * ((2 * i + 1) / gridSize - 1);
  for (const [i, value] of (grid ?? []).entries())
    yield ["grid", at(i % gridSize), at(Math.floor(i / gridSize)), value] as const;
}
