// How probable the values of one or two columns are: a table whose cells are the darker the more probable.

import * as Plot from "@observablehq/plot";
import type { LookPoints, ValuesAxis } from "../../../src/server/studio/look-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";
import { percent } from "../words.js";
import { labelLetters, letters, type PairPicture } from "./pair-points.js";
import { pictureSize } from "./picture-size.js";

/** Two columns of few values: how probable every pair is; of one alone, every value. */
export function drawShares({ density, points: given }: PairPicture) {
  const [x, y] = [density.x as ValuesAxis, density.y as ValuesAxis | null];
  const counted = countPoints(given, x, y);
  const cells = density.density.map((share, i) => ({
    ...{ share, counted: counted?.[i] },
    x: x.values[i % x.values.length].label,
    y: y?.values[Math.floor(i / x.values.length)].label ?? "",
  }));
  type Cell = (typeof cells)[number];
  const highest = Math.max(...density.density, 1e-300);
  const isRoomy = x.values.length <= 6;
  const rows = y?.values.length ?? 1;
  return Plot.plot({
    ...{
      ...pictureSize(0),
      height: 60 + rows * Math.max(30, Math.min(86, 400 / rows)),
      marginLeft: y ? 112 : 16,
    },
    ...{ marginRight: 10, marginTop: 12, marginBottom: isRoomy ? 40 : 96 },
    style: letters,
    x: {
      ...{ domain: x.values.map(({ label }) => label), label: x.name, padding: 0.04, tickSize: 0 },
      ...{
        tickFormat: (label: string) => shortName(label, labelLetters),
        ...(!isRoomy && { tickRotate: -40 }),
      },
    },
    y: {
      ...{ domain: y ? y.values.map(({ label }) => label) : [""], label: y?.name ?? null, padding: 0.04 },
      ...{ tickSize: 0, tickFormat: (label: string) => shortName(label, labelLetters) },
    },
    marks: [
      Plot.cell(cells, {
        ...{ x: "x", y: "y", fill: color("model") },
        fillOpacity: (cell: Cell) => 0.04 + (0.6 * cell.share) / highest,
        title: (cell: Cell) => `${[cell.x, cell.y].filter(Boolean).join(", ")}: ${percent(cell.share)}`,
      }),
      isRoomy
        ? Plot.text(cells, {
            ...{ x: "x", y: "y", fill: color("ink"), lineHeight: 1.25 },
            text: (cell: Cell) =>
              percent(cell.share) + (cell.counted === undefined ? "" : `\n(rows: ${percent(cell.counted)})`),
          })
        : null,
    ],
  });
}

/** Shares of the points, one a cell. */
function countPoints(
  given: LookPoints | undefined,
  x: ValuesAxis,
  y: ValuesAxis | null,
): number[] | undefined {
  if (!given || given.rows.length === 0) return undefined;
  const [across, up] = [x, y].map((axis) => new Map(axis?.values.map(({ value }, place) => [value, place])));
  const counts = new Array<number>(x.values.length * (y?.values.length ?? 1)).fill(0);
  for (let i = 0; i < given.rows.length; i++) {
    const [a, b] = [across.get(given.x[i]), y ? up.get(given.y[i]) : 0];
    if (a !== undefined && b !== undefined) counts[b * x.values.length + a] += 1 / given.rows.length;
  }
  return counts;
}
