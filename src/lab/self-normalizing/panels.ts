// What the panels of the lab self-normalizing share: size, colours, legend and arrangement.

import type { ColorName } from "../../model/report/palette.js";
import { assemble, type LegendEntry, legend, svgElement, toSvg } from "../../model/report/picture.js";

/** Of the whole picture. */
const everything: readonly LegendEntry[] = [
  { label: "exact", color: "data" },
  { label: "self-normalizing (thick: the best λ)", color: "model" },
  { label: "relative", color: "low" },
  { label: "lie", color: "muted" },
];

export const colorOf = (name: string): ColorName => {
  if (name === "exact") return "data";
  if (name.startsWith("self-normalizing")) return "model";
  return name === "relative" ? "low" : "muted";
};
const [width, height] = [390, 330];

export const frame = { width: width - 10, height: height - 10, marginLeft: 52, marginBottom: 42 };

/** A picture of panels in rows of so many, under the legend. */
export function arrange(
  panels: readonly Element[],
  columns: number,
  title: string,
  legends: readonly LegendEntry[] = everything,
): string {
  const total = columns * width;
  const rows = Math.ceil(panels.length / columns);
  const drawing = assemble(total, 40 + rows * height, [
    { x: 0, y: 0, drawing: svgElement("svg", { width: total, height: 36 }, [legend(legends, 10, 22)]) },
    ...panels.map((panel, i) => ({
      x: (i % columns) * width,
      y: 40 + Math.floor(i / columns) * height,
      drawing: panel,
    })),
  ]);
  return toSvg(drawing, title);
}
