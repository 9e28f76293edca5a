// How the layers bend a grid: between two stages its lines move straight from one place to the other.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { points } from "./points.js";
import { shortName } from "./short-name.js";
import { linePoints, type Stage } from "./stage.js";

interface LayersPicture {
  readonly stages: readonly Stage[];
  /** Stage `position` of the flow, a number between 0 and the last stage's. */
  readonly position: number;
  /** Colour of the rows. */
  readonly stroke: string;
  /** Names of the two axes. */
  readonly labels?: readonly [x: string, y: string];
}

export function drawLayers({
  stages,
  position,
  stroke,
  labels: [x, y] = ["coordinate 1", "coordinate 2"],
}: LayersPicture) {
  const reach = reachOf(stages);
  const [from, to] = [stages[Math.floor(position)], stages[Math.ceil(position)]];
  const share = position - Math.floor(position);
  const between = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Float32Array.from(a, (value, i) => value + share * (b[i] - value));
  const lines = between(from.lines, to.lines);
  const domain = [-reach, reach];
  const index = Array.from({ length: lines.length / 2 }, (_, i) => i);
  return Plot.plot({
    ...{ width: 360, height: 352, marginLeft: 34, marginRight: 6, marginTop: 18, marginBottom: 34 },
    style: { fontSize: "12px", background: "none" },
    x: { domain, label: shortName(x), ticks: 5 },
    y: { domain, label: shortName(y), ticks: 5 },
    marks: [
      Plot.line(index, {
        x: (i: number) => lines[2 * i],
        y: (i: number) => lines[2 * i + 1],
        z: (i: number) => Math.floor(i / linePoints),
        ...{ stroke: color("muted"), strokeWidth: 0.8, strokeOpacity: 0.8, clip: true },
      }),
      points(between(from.points, to.points), { within: reach, stroke, size: 2.4, opacity: 0.7 }),
      Plot.frame({ stroke: color("muted"), strokeOpacity: 0.5 }),
    ],
  });
}

/** The same for all stages, so that shrinking is seen: nearly all rows lie within, at every stage. */
function reachOf(stages: readonly Stage[]): number {
  const reaches = stages.map(({ points }) => {
    const sorted = Float32Array.from(points, Math.abs).sort();
    return sorted[Math.floor(0.98 * sorted.length)];
  });
  return 1.15 * Math.max(...reaches);
}

export const layerColumns = ["stage", "kind", "z1", "z2"] as const;

/** The picture's data: every stage's lines and points. */
export function* layerRows(stages: readonly Stage[]) {
  for (const { name, lines, points } of stages) {
    for (let i = 0; i < lines.length / 2; i++)
      yield [name, `line ${Math.floor(i / linePoints) + 1}`, lines[2 * i], lines[2 * i + 1]] as const;
    for (let i = 0; i < points.length / 2; i++)
      yield [name, "row", points[2 * i], points[2 * i + 1]] as const;
  }
}
