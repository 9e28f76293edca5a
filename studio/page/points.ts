// Many points as one path: a page that draws thousands a second should not make an element of each.

import * as Plot from "@observablehq/plot";

interface PointsOptions {
  /** Those farther out are left out: |x| and |y| up to this. */
  readonly within: number;
  readonly stroke: string;
  /** Diameter in pixels. */
  readonly size: number;
  readonly opacity: number;
}

/** @param rows row-major [n, 2] */
export function points(
  rows: ArrayLike<number>,
  { within, stroke, size, opacity }: PointsOptions,
): Plot.Markish {
  const inside = Array.from({ length: rows.length / 2 }, (_, i) => i).filter(
    (i) => Math.abs(rows[2 * i]) <= within && Math.abs(rows[2 * i + 1]) <= within,
  );
  return Plot.dot(inside, {
    x: (i: number) => rows[2 * i],
    y: (i: number) => rows[2 * i + 1],
    render(index, _scales, values) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const { x = [], y = [] } = values as { x?: ArrayLike<number>; y?: ArrayLike<number> };
      const d = Array.from(index, (i) => `M${x[i].toFixed(1)},${y[i].toFixed(1)}h0`).join("");
      const style = { d, stroke, fill: "none", "stroke-width": size, "stroke-linecap": "round" };
      for (const [name, value] of Object.entries({ ...style, "stroke-opacity": opacity, class: "points" }))
        path.setAttribute(name, String(value));
      return path;
    },
  });
}
