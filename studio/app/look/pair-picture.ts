// The density of one or two columns as a picture, whatever they hold; and its data.

import type { LookAxis } from "../../../src/server/studio/look-answers.js";
import { drawContours } from "./contours-picture.js";
import { drawCurves } from "./curves-picture.js";
import { isNumbers, type PairPicture } from "./pair-points.js";
import { drawShares } from "./shares-picture.js";

export function drawPair(picture: PairPicture): SVGSVGElement | HTMLElement {
  const { x, y } = picture.density;
  if (isNumbers(x) && isNumbers(y)) return drawContours(picture, x, y);
  if (isNumbers(x) || isNumbers(y)) return drawCurves(picture);
  return drawShares(picture);
}

/** The picture's data: its points, then the density at its places. */
export function* pairRows({ density, points: given }: PairPicture) {
  const { x, y } = density;
  for (let i = 0; i < (given?.rows.length ?? 0); i++)
    yield [
      "row",
      given?.rows[i] ?? null,
      cellOf(x, given?.x[i] ?? 0),
      y ? cellOf(y, given?.y[i] ?? 0) : null,
      null,
    ] as const;
  const width = sizeOf(x);
  for (const [i, value] of density.density.entries())
    yield [
      "density",
      null,
      placeOn(x, i % width),
      y ? placeOn(y, Math.floor(i / width)) : null,
      value,
    ] as const;
}

export const pairColumns = ({ density: { x, y } }: PairPicture) => [
  ...["kind", "row", x.name, y?.name ?? "", "density"],
];

const sizeOf = (axis: LookAxis) => (isNumbers(axis) ? axis.size : axis.values.length);
const placeOn = (axis: LookAxis, i: number) =>
  isNumbers(axis) ? axis.from + ((i + 0.5) * (axis.to - axis.from)) / axis.size : axis.values[i].label;
const cellOf = (axis: LookAxis, value: number) =>
  isNumbers(axis) ? value : (axis.values.find((one) => one.value === value)?.label ?? value);
