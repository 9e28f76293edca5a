// A density along one column of numbers: a curve, or one for each value of another column.

import * as Plot from "@observablehq/plot";
import type { LookDensity, NumberAxis, ValuesAxis } from "../../../src/server/studio/look-answers.js";
import { color } from "../../page/palette.js";
import { points } from "../../page/points.js";
import { shortName } from "../../page/short-name.js";
import { percent } from "../words.js";
import {
  isNumbers,
  letters,
  markRow,
  type PairPicture,
  pickRows,
  placesInside,
  pointStyle,
} from "./pair-points.js";
import { pictureSize } from "./picture-size.js";

/** One column of numbers: a curve, or one for each value of the other, all of one area; points below their own curve. */
export function drawCurves(picture: PairPicture) {
  const { density, points: given, pointColor, marked } = picture;
  const { x, y } = density;
  const isAcross = isNumbers(x);
  const [numbers, by] = (isAcross ? [x, y] : [y, x]) as [NumberAxis, ValuesAxis | null];
  const labels = by?.values ?? [{ value: 0, label: "" }];
  const curves = labels.map((_, k) => curveOf(density, k));
  const step = (numbers.to - numbers.from) / numbers.size;
  const shares = curves.map((curve) => curve.reduce((a, b) => a + b, 0) * step);
  const highest = Math.max(
    ...curves.flatMap((curve, k) => curve.map((value) => value / (shares[k] || 1))),
    1e-300,
  );
  const up = 0.92 / highest;
  const places = new Map(labels.map(({ value }, k) => [value, k]));
  // Baselines from the top downwards.
  const base = (k: number) => labels.length - 1 - k;
  const inside = placesInside(given, x, y);
  const [along, across] = isAcross ? [given?.x, given?.y] : [given?.y, given?.x];
  const px = inside.map((i) => along?.[i] ?? 0);
  const py = inside.map(
    (i) => base(by ? (places.get(across?.[i] ?? 0) ?? 0) : 0) - 0.05 - 0.2 * scattered(i),
  );
  const height =
    56 + labels.length * (labels.length === 1 ? 240 : Math.max(34, Math.min(80, 420 / labels.length)));
  const drawing = Plot.plot({
    ...{
      ...pictureSize(0),
      height,
      marginLeft: by ? 112 : 16,
      marginRight: 10,
      marginTop: 12,
      marginBottom: 36,
    },
    style: letters,
    x: { domain: [numbers.from, numbers.to], label: numbers.name, ticks: 6 },
    y: { domain: [-0.3, labels.length], axis: null },
    marks: [
      curves.map((curve, k) =>
        Plot.areaY(curve, {
          x: (_, i: number) => numbers.from + (i + 0.5) * step,
          y1: () => base(k),
          y2: (value: number) => base(k) + (up * value) / (shares[k] || 1),
          ...{ fill: color("model"), fillOpacity: 0.16, stroke: color("model"), strokeWidth: 1.4 },
        }),
      ),
      by &&
        Plot.text(labels, {
          ...{ x: numbers.from, y: (_, k: number) => base(k) + 0.3, textAnchor: "end", dx: -8 },
          text: ({ label }: { label: string }, k: number) => `${shortName(label, 14)}\n${percent(shares[k])}`,
          fill: color("ink"),
        }),
      given
        ? points(
            px.flatMap((value, i) => [value, py[i]]),
            pointStyle(pointColor, inside.length),
          )
        : null,
      marked && markOnCurve(marked, isAcross, by === null ? undefined : places, base),
      Plot.ruleY(labels, { y: (_, k: number) => base(k), stroke: color("muted"), strokeOpacity: 0.5 }),
    ],
  });
  pickRows(drawing, picture, inside, px, py);
  return drawing;
}

function markOnCurve(
  { x, y = 0 }: { readonly x: number; readonly y: number | undefined },
  isAcross: boolean,
  places: ReadonlyMap<number, number> | undefined,
  base: (k: number) => number,
) {
  const [along, value] = isAcross ? [x, y] : [y, x];
  const place = places ? places.get(value) : 0;
  return place === undefined ? null : markRow({ x: along, y: base(place) - 0.15 });
}

/** A number in [0, 1) that is the same for the same point, so that points in a line do not hide each other. */
const scattered = (i: number) => (i * 0.618034) % 1;

/** The density along the numbers at the k-th value of the other axis. */
function curveOf({ x, y, density }: LookDensity, k: number): number[] {
  if (isNumbers(x)) return density.slice(k * x.size, (k + 1) * x.size);
  const width = x.values.length;
  return Array.from({ length: (y as NumberAxis).size }, (_, i) => density[i * width + k]);
}
