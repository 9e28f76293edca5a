// A density as contours over points of the plane.

import * as Plot from "@observablehq/plot";
import { levelsOf } from "../page/contour-levels.js";
import { color } from "../page/palette.js";
import { points } from "../page/points.js";
import { type Grid, gridSize } from "./grid.js";

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
