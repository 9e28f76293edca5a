// The points over a density's picture: which of them are seen, what they look like, how one is marked and picked.

import * as Plot from "@observablehq/plot";
import type {
  LookAxis,
  LookDensity,
  LookPoints,
  NumberAxis,
} from "../../../src/server/studio/look-answers.js";
import { type ColorName, color } from "../../page/palette.js";
import { makePickable } from "./pick-point.js";

export interface PairPicture {
  readonly density: LookDensity;
  readonly points?: LookPoints | undefined;
  /** What the points are drawn in: the data's colour or the model's. */
  readonly pointColor: ColorName;
  /** A row that is marked. */
  readonly marked?: { readonly x: number; readonly y: number | undefined } | undefined;
  onPick?(row: number): void;
}

export const isNumbers = (axis: LookAxis | null): axis is NumberAxis => axis?.kind === "numbers";

/** Places of the points within a picture. */
export function placesInside(given: LookPoints | undefined, x: LookAxis, y: LookAxis | null): number[] {
  if (!given) return [];
  const isInside = (axis: LookAxis | null, value: number) =>
    axis === null ||
    (isNumbers(axis)
      ? value >= axis.from && value <= axis.to
      : axis.values.some((one) => one.value === value));
  return given.rows.flatMap((_, i) => (isInside(x, given.x[i]) && isInside(y, given.y[i]) ? [i] : []));
}

/** Fewer points are larger. */
export const pointStyle = (stroke: ColorName, count: number) => ({
  within: Number.POSITIVE_INFINITY,
  ...{ stroke: color(stroke), size: count < 400 ? 3.4 : 2.4, opacity: count < 400 ? 0.75 : 0.5 },
});

/** A ring around the marked row. */
export function markRow(marked: PairPicture["marked"]) {
  if (!marked) return null;
  const { x, y = 0 } = marked;
  return Plot.dot([0], {
    ...{
      x: () => x,
      y: () => y,
      r: 6.5,
      stroke: color("low"),
      strokeWidth: 2.5,
      clip: true,
      className: "marked",
    },
  });
}

/**
 * Lets the points of a picture be picked.
 *
 * @param shown places of the points, and where each stands
 */
export function pickRows(
  drawing: Parameters<typeof makePickable>[0],
  { points: given, onPick }: PairPicture,
  shown: readonly number[],
  x: readonly number[],
  y: readonly number[],
): void {
  if (!given || !onPick) return;
  const row = (place: number) => given.rows[shown[place]];
  makePickable(drawing, {
    ...{ x, y, onPick: (place) => onPick(row(place)) },
    words: (place) => `row ${row(place).toLocaleString("en")}`,
  });
}

/** Letters of a label that fit beside a picture. */
export const labelLetters = 16;

/** What letters look like in these pictures. */
export const letters = { fontSize: "12px", background: "none" };
