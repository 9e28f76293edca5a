// Many points as one path: a page that draws thousands a second should not make an element of each.

import * as Plot from "@observablehq/plot";

/** @param rows row-major [n, 2] */
export function points(rows: ArrayLike<number>, stroke: string, { size = 2, opacity = 0.5 } = {}): Plot.Markish {
  const n = rows.length / 2;
  const at = (offset: number) => Float64Array.from({ length: n }, (_, i) => rows[2 * i + offset]);
  const x = at(0);
  return Plot.dot(x, {
    x,
    y: at(1),
    clip: true,
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
