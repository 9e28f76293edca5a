// Rows as points over two columns, or one: the same picture for data and for what a model draws.

import * as Plot from "@observablehq/plot";
import type { LookAxis, LookPoints } from "../../../src/server/studio/look-answers.js";
import { type ColorName, color } from "../../page/palette.js";
import { points as marks } from "../../page/points.js";
import { shortName } from "../../page/short-name.js";
import { isNumbers, placesInside } from "./pair-points.js";

export interface ScatterPicture {
  readonly x: LookAxis;
  readonly y: LookAxis | null;
  readonly points: LookPoints;
  readonly pointColor: ColorName;
  /** At most so many points. */
  readonly most: number;
}

export function drawScatter({ x, y, points, pointColor, most }: ScatterPicture) {
  const inside = placesInside(points, x, y);
  const step = Math.max(1, points.rows.length / most);
  const shown = inside.filter((i) => Math.floor((i + 1) / step) > Math.floor(i / step));
  const [across, up] = [positions(x), y ? positions(y) : () => 0.5];
  const coordinates = shown.flatMap((i) => [
    across(points.x[i]) + spreadOver(x, 0.618034 * i),
    y ? up(points.y[i]) + spreadOver(y, 0.754878 * i) : (0.56984 * i) % 1,
  ]);
  const size = shown.length < 400 ? 3.4 : 2.4;
  return Plot.plot({
    ...{ width: 420, height: y ? 380 : 180, marginRight: 10, marginTop: 22, marginBottom: 36 },
    marginLeft: y === null ? 10 : isNumbers(y) ? 52 : 100,
    style: { fontSize: "12px", background: "none" },
    x: scaleOf(x),
    y: y ? scaleOf(y) : { axis: null, domain: [0, 1] },
    marks: [
      marks(coordinates, {
        ...{ within: Number.POSITIVE_INFINITY, stroke: color(pointColor), size },
        opacity: shown.length < 400 ? 0.8 : 0.55,
      }),
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.5 }),
    ],
  });
}

/** Values stand at whole numbers. */
function positions(axis: LookAxis): (value: number) => number {
  if (isNumbers(axis)) return (value) => value;
  const places = new Map(axis.values.map(({ value }, place) => [value, place]));
  return (value) => places.get(value) ?? -1;
}

/** Points of one value are spread around it, or they would hide each other. */
const spreadOver = (axis: LookAxis, turn: number): number => (isNumbers(axis) ? 0 : 0.7 * ((turn % 1) - 0.5));

function scaleOf(axis: LookAxis): Plot.ScaleOptions {
  if (isNumbers(axis)) return { domain: [axis.from, axis.to], label: axis.name, ticks: 5 };
  const { values, name } = axis;
  const letters = Math.max(3, Math.floor(54 / values.length));
  return {
    ...{ domain: [-0.5, values.length - 0.5], label: name, tickSize: 0 },
    ticks: values.map((_, place) => place),
    tickFormat: (place: number) => shortName(values[place].label, letters),
  } as Plot.ScaleOptions;
}

export const scatterColumns = (x: LookAxis, y: LookAxis | null) => ["row", x.name, ...(y ? [y.name] : [])];

export function* scatterRows({ rows, x, y }: LookPoints, hasBoth: boolean) {
  for (const [i, row] of rows.entries()) yield [row, x[i], ...(hasBoth ? [y[i]] : [])] as const;
}
