// The picture of the lab "toys": a row a density; its data and itself, then every flow's density and samples.

import { type ColorName, color } from "../model/report/palette.js";
import { assemble, svgElement, toSvg } from "../model/report/picture.js";
import { pngDataUri } from "./png.js";
import type { ToyDensity } from "./toy-densities.js";

/** What one estimator's flow has learned. */
export interface Learned {
  readonly estimator: string;
  /** Nats a row that it misses. */
  readonly gap: number;
  /** Its density at `gridPoints`. */
  readonly grid: Float64Array;
  /** Rows drawn from it, row-major [n, 2]. */
  readonly samples: Float64Array;
}

export interface ToyPicture {
  readonly density: ToyDensity;
  /** Rows of the density, row-major [n, 2]. */
  readonly data: Float64Array;
  readonly learned: readonly Learned[];
}

/** Points drawn in a panel. */
export const sampleCount = 500;
/** Pixels of a density, across and down. */
const pixels = 60;
const panel = 92;
const left = 108;
const top = 46;
const rowHeight = panel + 22;
const pairWidth = 2 * panel + 16;
/** An orange that is seen on white and on black. */
const heat = [217, 95, 20] as const;

/** The centres of the picture's pixels, row-major [pixels², 2], the top row first. */
export function gridPoints(extent: number): Float64Array {
  const at = (i: number) => extent * ((2 * i + 1) / pixels - 1);
  const points = new Float64Array(2 * pixels * pixels);
  for (let i = 0; i < pixels * pixels; i++) {
    points[2 * i] = at(i % pixels);
    points[2 * i + 1] = -at(Math.floor(i / pixels));
  }
  return points;
}

export function drawToys(pictures: readonly ToyPicture[]): string {
  const estimators = pictures[0].learned.map(({ estimator }) => estimator);
  const width = left + (1 + estimators.length) * pairWidth;
  const parts = pictures.flatMap(({ density, data, learned }, row) => {
    const { name, extent } = density;
    const truth = trueGrid(density);
    const highest = truth.reduce((a, b) => Math.max(a, b), 0);
    const pairs = [
      { grid: truth, rows: data, dots: "data" as const, note: "" },
      ...learned.map(({ grid, samples, gap }) => ({
        ...{ grid, rows: samples, dots: "model" as const },
        note: `misses ${gap.toFixed(3)} nats`,
      })),
    ];
    const y = top + row * rowHeight;
    return [
      { x: 0, y, drawing: label(left - 10, panel / 2, name, "end") },
      ...pairs.flatMap(({ grid, rows, dots, note }, i) => {
        const x = left + i * pairWidth;
        return [
          { x, y, drawing: densityPanel(grid, highest) },
          { x: x + panel + 4, y, drawing: dotsPanel(rows, extent, dots) },
          { x, y: y + panel, drawing: label(panel + 2, 13, note, "middle", 11) },
        ];
      }),
    ];
  });
  const headers = ["the density and its data", ...estimators].map((text, i) => ({
    x: left + i * pairWidth,
    y: 0,
    drawing: label(panel + 2, top - 12, text, "middle", 13, 600),
  }));
  return toSvg(
    assemble(width, top + pictures.length * rowHeight, [...headers, ...parts]),
    `Densities and samples of ${pictures.map(({ density }) => density.name).join(", ")}: first the density itself, ` +
      `then what flows trained with ${estimators.join(", ")} have learned, each with the nats it misses.`,
  );
}

function trueGrid({ extent, logProb }: ToyDensity): Float64Array {
  const points = gridPoints(extent);
  return Float64Array.from({ length: points.length / 2 }, (_, i) =>
    Math.exp(logProb(points[2 * i], points[2 * i + 1])),
  );
}

/** A density, darker where it is higher; by square roots, so that faint bridges are seen. */
function densityPanel(grid: Float64Array, highest: number): Element {
  const opacity = grid.map((density) => Math.sqrt(density / highest));
  const href = pngDataUri(opacity, pixels, heat);
  return svgElement("svg", { width: panel, height: panel }, [
    svgElement("image", { href, width: panel, height: panel, preserveAspectRatio: "none" }),
    frame(),
  ]);
}

function dotsPanel(rows: Float64Array, extent: number, name: ColorName): Element {
  const place = (value: number) => (panel / 2) * (1 + value / extent);
  let d = "";
  for (let i = 0; i < Math.min(sampleCount, rows.length / 2); i++) {
    const [x, y] = [place(rows[2 * i]), place(-rows[2 * i + 1])];
    if (x > 0 && x < panel && y > 0 && y < panel) d += `M${x.toFixed(1)},${y.toFixed(1)}h0`;
  }
  const path = { "stroke-width": 1.3, "stroke-linecap": "round", "stroke-opacity": 0.6, fill: "none" };
  return svgElement("svg", { width: panel, height: panel }, [
    svgElement("path", { d, stroke: color(name), ...path }),
    frame(),
  ]);
}

const frame = () =>
  svgElement("rect", {
    ...{ x: 0.5, y: 0.5, width: panel - 1, height: panel - 1, fill: "none" },
    ...{ stroke: color("muted"), "stroke-opacity": 0.5 },
  });

/** One word or line, in a drawing of its own so that it can be placed. */
function label(x: number, y: number, text: string, anchor: string, size = 13, weight = 400): Element {
  const words = { x, y, "text-anchor": anchor, "font-size": size, "font-weight": weight };
  return svgElement("svg", { width: pairWidth, height: panel }, [svgElement("text", words, [text])]);
}
