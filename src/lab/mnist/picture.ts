// The picture of the lab "mnist": how the nets learned, and pictures beside what the better of them draws.

import * as Plot from "@observablehq/plot";
import { type ColorName, color } from "../../model/report/palette.js";
import { assemble, draw, legend, svgElement, toSvg } from "../../model/report/picture.js";
import { pngDataUri } from "../png.js";
import type { Curve } from "./nets.js";

export interface MnistPicture {
  readonly curves: readonly Curve[];
  /** Nats a test picture of the Gaussian measured beside. */
  readonly gaussian: number;
  readonly references: readonly { readonly label: string; readonly nats: number }[];
  /** Pixels a side of a picture. */
  readonly side: number;
  /** Pictures in the unit cube, row-major, as many of each. */
  readonly data: ArrayLike<number>;
  readonly samples: ArrayLike<number>;
}

const colors: readonly ColorName[] = ["data", "model"];
const across = 12;
const gap = 2;
const plotWidth = 560;
const sheetWidth = 400;
const height = 400;
/** A blue-black that is seen on white, and pale enough on black. */
const ink = [90, 110, 150] as const;

export function drawMnist({ curves, gaussian, references, side, data, samples }: MnistPicture): string {
  const lines = [{ label: "Gaussian", nats: gaussian }, ...references];
  const dim = side * side;
  const sheet = (pixels: ArrayLike<number>, top: number, text: string) => [
    { x: plotWidth + 20, y: top, drawing: caption(text) },
    { x: plotWidth + 20, y: top + 22, drawing: contactSheet(pixels, side) },
  ];
  const sheetHeight = 22 + (sheetWidth * Math.ceil(data.length / dim / across)) / across;
  return toSvg(
    assemble(plotWidth + sheetWidth + 40, height, [
      { x: 0, y: 0, drawing: learning(curves, lines) },
      ...sheet(data, 16, "test pictures"),
      ...sheet(samples, 16 + sheetHeight + 16, "drawn from two layers with splines"),
    ]),
    `Validation nats a picture against steps: ${curves
      .map(({ model, points }) => `${model} ends at ${points.at(-1)?.nats.toFixed(0)}`)
      .join(
        ", ",
      )}; ${lines.map(({ label, nats }) => `${label} ${nats.toFixed(0)}`).join(", ")}. Beside it test pictures and pictures drawn from the net with splines.`,
  );
}

function learning(curves: readonly Curve[], lines: readonly { label: string; nats: number }[]): Element {
  const ends = curves.map(({ points }) => Math.min(...points.map(({ nats }) => nats)));
  const lowest = Math.min(...ends, ...lines.map(({ nats }) => nats));
  const highest = Math.max(...ends, ...lines.map(({ nats }) => nats));
  const margin = 0.12 * (highest - lowest);
  const domain: [number, number] = [lowest - margin, highest + 3 * margin];
  const drawing = draw({
    ...{ width: plotWidth, height, marginLeft: 64, marginTop: 64, marginBottom: 46, marginRight: 20 },
    x: { label: "step", labelArrow: "none", ticks: 6 },
    y: {
      label: "nats a validation picture, lower is better",
      labelArrow: "none",
      grid: true,
      domain,
      clamp: true,
    },
    marks: [
      Plot.ruleY(lines, { y: "nats", stroke: color("muted"), strokeDasharray: "5 4" }),
      Plot.text(labels(lines, 0.04 * (domain[1] - domain[0])), {
        ...{ y: "nats", text: "label", frameAnchor: "right", textAnchor: "end", dy: -8 },
        fill: color("muted"),
      }),
      ...curves.map(({ points }, i) =>
        Plot.lineY(
          points.filter(({ nats }) => nats <= domain[1]),
          { x: "step", y: "nats", stroke: color(colors[i]), strokeWidth: 2 },
        ),
      ),
    ],
  });
  drawing.append(
    legend(
      curves.map(({ model }, i) => ({ label: model, color: colors[i] })),
      64,
      30,
    ),
  );
  return drawing;
}

/** One label for lines that lie within so many nats of the one before, or their words would lie on each other. */
function labels(lines: readonly { label: string; nats: number }[], apart: number) {
  const merged: { label: string; nats: number }[] = [];
  for (const line of lines.toSorted((a, b) => a.nats - b.nats)) {
    const below = merged.at(-1);
    if (below && line.nats - below.nats < apart) below.label += `; ${line.label}`;
    else merged.push({ ...line });
  }
  return merged;
}

function caption(text: string): Element {
  return svgElement("svg", { width: sheetWidth, height: 20 }, [
    svgElement("text", { x: 0, y: 14, "font-size": 13 }, [text]),
  ]);
}

/** The pictures side by side, as one image. */
function contactSheet(pixels: ArrayLike<number>, side: number): Element {
  const dim = side * side;
  const count = pixels.length / dim;
  const down = Math.ceil(count / across);
  const cell = side + gap;
  const width = across * cell - gap;
  const opacity = new Float64Array(width * (down * cell - gap));
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % across) * cell, Math.floor(i / across) * cell];
    for (let j = 0; j < dim; j++)
      opacity[(top + Math.floor(j / side)) * width + left + (j % side)] = pixels[i * dim + j];
  }
  const shown = { width: sheetWidth, height: (sheetWidth * (down * cell - gap)) / width };
  return svgElement("svg", shown, [
    svgElement("image", {
      ...{ href: pngDataUri(opacity, width, ink), preserveAspectRatio: "none", ...shown },
      style: "image-rendering: pixelated",
    }),
  ]);
}
