// A density of two columns of numbers: contours, and points over them.

import * as Plot from "@observablehq/plot";
import type { NumberAxis } from "../../../src/server/studio/look-answers.js";
import { levelsOf } from "../../page/contour-levels.js";
import { color } from "../../page/palette.js";
import { points } from "../../page/points.js";
import { letters, markRow, type PairPicture, pickRows, placesInside, pointStyle } from "./pair-points.js";
import { pictureSize } from "./picture-size.js";

export function drawContours(picture: PairPicture, x: NumberAxis, y: NumberAxis) {
  const { density, points: given, pointColor, marked } = picture;
  const grid = Float64Array.from(density.density);
  const inside = placesInside(given, x, y);
  const across = inside.map((i) => given?.x[i] ?? 0);
  const up = inside.map((i) => given?.y[i] ?? 0);
  const drawing = Plot.plot({
    ...{ ...pictureSize(0.86), marginLeft: 52, marginRight: 10, marginTop: 22, marginBottom: 36 },
    style: letters,
    x: { domain: [x.from, x.to], label: x.name, ticks: 6 },
    y: { domain: [y.from, y.to], label: y.name, ticks: 6 },
    marks: [
      Plot.contour(density.density, {
        ...{ width: x.size, height: y.size, x1: x.from, x2: x.to, y1: y.from, y2: y.to },
        value: Plot.identity,
        // Equal heights would be one contour, and Plot takes increasing ones.
        thresholds: [...new Set(levelsOf(grid))].sort((a, b) => a - b),
        ...{ stroke: color("model"), fill: color("model"), fillOpacity: 0.1, strokeWidth: 1.2, clip: true },
      }),
      given
        ? points(
            across.flatMap((value, i) => [value, up[i]]),
            pointStyle(pointColor, inside.length),
          )
        : null,
      markRow(marked),
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.5 }),
    ],
  });
  pickRows(drawing, picture, inside, across, up);
  return drawing;
}
