// A matrix as a heat map: blue where it is positive, orange where negative, the stronger the darker.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { shortName } from "./short-name.js";

export interface MatrixPicture {
  readonly matrix: readonly (readonly number[])[];
  /** How strong each cell is drawn, 0 to 1. */
  readonly strengths: readonly (readonly number[])[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What the rows are. */
  readonly label: string;
}

/** Up to so many columns, numbers stand in the cells. */
const mostNumbers = 8;

/** Two significant digits for a cell, three for a hint. */
const short = (value: number, digits: number) => String(Number(value.toPrecision(digits))).replace("-", "−");

export function drawMatrix({ matrix, strengths, rows, columns, label }: MatrixPicture) {
  const cells = matrix.flatMap((row, i) =>
    row.map((value, j) => ({ i, j, value, strength: Math.min(1, Math.abs(strengths[i][j])) })),
  );
  type Cell = (typeof cells)[number];
  const size = Math.max(rows.length, columns.length);
  const side = Math.max(12, Math.min(46, 300 / size));
  // Below a low matrix there is room.
  const most = rows.length <= 12 && columns.length > 4 ? 30 : 16;
  const longest = (names: readonly string[]) => Math.max(...names.map((name) => Math.min(most, name.length)));
  const letter = size > 20 ? 5.4 : 6.6;
  const marginLeft = 16 + letter * longest(rows);
  const width = Math.max(360, marginLeft + 8 + side * columns.length);
  // Names lie where they have the room.
  const isLying = letter * (longest(columns) + 1) < (width - marginLeft - 8) / columns.length;
  const marginBottom = 12 + (isLying ? 12 : letter * longest(columns));
  return Plot.plot({
    width,
    height: 22 + side * rows.length + marginBottom,
    ...{ marginLeft, marginRight: 8, marginTop: 22, marginBottom },
    style: { fontSize: size > 20 ? "9px" : "12px", background: "none" },
    x: {
      domain: columns.map((_, j) => j),
      tickFormat: (j: number) => shortName(columns[j], most),
      ...{ label: null, tickRotate: isLying ? 0 : -90, tickSize: 0 },
    },
    y: {
      domain: rows.map((_, i) => i),
      tickFormat: (i: number) => shortName(rows[i], most),
      ...{ label, labelAnchor: "top", labelArrow: "none", tickSize: 0 },
    },
    // Colours and opacities are given as they are.
    color: { type: "identity" },
    opacity: { type: "identity" },
    marks: [
      Plot.cell(cells, {
        ...{ x: "j", y: "i", inset: 0.5, className: "cells", fillOpacity: "strength" },
        fill: ({ value }: Cell) => color(value < 0 ? "model" : "data"),
        title: ({ i, j, value }: Cell) => `${rows[i]}, ${columns[j]}: ${short(value, 3)}`,
      }),
      columns.length <= mostNumbers
        ? Plot.text(cells, {
            ...{ x: "j", y: "i", text: ({ value }: Cell) => short(value, 2) },
            fill: ({ strength }: Cell) => color(strength > 0.55 ? "page" : "ink"),
          })
        : null,
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.4 }),
    ],
  });
}
