// A Jacobian as a heat map, its singular values as bars, and rows of which one is chosen.

import * as Plot from "@observablehq/plot";
import type { JacobianAnswer, JacobianRowsAnswer } from "../../../src/server/studio/jacobian-answers.js";
import { drawMatrix } from "../../page/matrix-picture.js";
import { color } from "../../page/palette.js";
import { points } from "../../page/points.js";
import { shortName } from "../../page/short-name.js";
import { short } from "../words.js";
import { makePickable } from "./pick-point.js";

/** How strong a cell is drawn, 0 to 1: nearly in proportion up to 1, and by orders of magnitude beyond. */
const strength = (value: number, largest: number) =>
  largest > 0 ? Math.asinh(Math.abs(value)) / Math.asinh(largest) : 0;

export const largestOf = (matrix: JacobianAnswer["matrix"]): number =>
  Math.max(...matrix.flat().map(Math.abs));

/** The Jacobian: a row for each coordinate of the latent, a column for each of the table's. */
export function drawJacobian({ matrix, columns, latents }: JacobianAnswer) {
  const largest = largestOf(matrix);
  const strengths = matrix.map((row) => row.map((value) => strength(value, largest)));
  return drawMatrix({ matrix, strengths, columns, rows: latents.map((i) => `z${i}`), label: "latent" });
}

export function* jacobianRows({ matrix, columns, latents }: JacobianAnswer) {
  for (const [i, row] of matrix.entries())
    for (const [j, value] of row.entries()) yield [`z${latents[i]}`, columns[j], value] as const;
}

/** Stretched directions go up from 1, shrunk ones down. */
export function drawSingularValues(values: readonly number[]) {
  const bars = values.map((value, i) => ({ i: i + 1, value: Math.max(value, Number.MIN_VALUE) }));
  const [low, high] = [Math.min(1, ...values.filter((value) => value > 0)), Math.max(1, ...values)];
  const width = Math.max(1, Math.min(28, 240 / values.length));
  return Plot.plot({
    ...{ width: 360, height: 240, marginLeft: 48, marginRight: 10, marginTop: 22, marginBottom: 34 },
    style: { fontSize: "12px", background: "none" },
    x: {
      domain: [0.5, values.length + 0.5],
      label: "direction",
      // Whole numbers alone.
      ticks: Math.min(values.length, 6),
      tickFormat: (i: number) => (Number.isInteger(i) ? String(i) : ""),
    },
    y: {
      type: "log",
      domain: [low / 1.3, high * 1.3],
      ...{ label: "times as far", grid: true, ticks: 5, tickFormat: "~g" },
    },
    marks: [
      Plot.ruleX(bars, {
        ...{
          x: "i",
          y1: 1,
          y2: "value",
          strokeWidth: width,
          strokeLinecap: "butt",
          className: "bars",
          clip: true,
        },
        stroke: ({ value }) => color(value < 1 ? "model" : "data"),
        title: ({ i, value }) => `direction ${i}: ${short(value)} times as far`,
      }),
      Plot.ruleY([1], { stroke: color("ink") }),
    ],
    color: { type: "identity" },
  });
}

interface RowsPicture {
  readonly rows: JacobianRowsAnswer;
  /** The number of the row that is marked. */
  readonly chosen: number | undefined;
  onChoose(number: number): void;
}

/** A click chooses the row below it. */
export function drawRows({ rows: { xs, ys, numbers, x, y, areDrawn }, chosen, onChoose }: RowsPicture) {
  const there = numbers.map((_, i) => i).filter((i) => xs[i] !== null && ys[i] !== null);
  const [left, top] = [(i: number) => Number(xs[i]), (i: number) => Number(ys[i])];
  const mark = there.filter((i) => numbers[i] === chosen);
  const picture = Plot.plot({
    ...{ width: 360, height: 300, marginLeft: 52, marginRight: 12, marginTop: 22, marginBottom: 36 },
    style: { fontSize: "12px", background: "none" },
    x: { label: shortName(x), ticks: 5, nice: true },
    y: { label: shortName(y ?? "log-density"), ticks: 5, nice: true },
    marks: [
      // For the scales: the points below are one path.
      Plot.dot(there, { x: left, y: top, r: 0, stroke: "none" }),
      points(Float64Array.from(there.flatMap((i) => [left(i), top(i)])), {
        ...{ within: Number.POSITIVE_INFINITY, size: 3, opacity: 0.6 },
        stroke: color(areDrawn ? "model" : "data"),
      }),
      Plot.dot(mark, { x: left, y: top, r: 8, stroke: color("low"), strokeWidth: 2.5, className: "chosen" }),
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.4 }),
    ],
  });
  makePickable(picture, {
    ...{ x: there.map(left), y: there.map(top) },
    words: (place) => `${areDrawn ? "draw" : "row"} ${numbers[there[place]].toLocaleString("en")}`,
    onPick: (place) => onChoose(numbers[there[place]]),
  });
  return picture;
}

export function* rowsRows({ xs, ys, numbers }: JacobianRowsAnswer) {
  for (const [i, number] of numbers.entries()) yield [number, xs[i], ys[i]] as const;
}
