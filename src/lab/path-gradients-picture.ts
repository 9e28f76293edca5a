// The picture of the lab path-gradients.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import {
  assemble,
  draw,
  type LegendEntry,
  legend,
  points,
  svgElement,
  toSvg,
} from "../model/report/picture.js";
import { kinds, type RunSize, type TargetRuns } from "./path-gradients-runs.js";

const legends: readonly LegendEntry[] = [
  { label: "path gradients", color: "model" },
  { label: "total gradients", color: "data" },
];
const colorOf = { path: color("model"), total: color("data") } as const;
const [width, height] = [310, 230];
const frame = { width, height, marginLeft: 56, marginBottom: 38 };

/** A row a target: the gradients' variance along the runs, both divergences run by run, and draws of a flow. */
export function drawPathGradients(all: readonly TargetRuns[], { samples }: RunSize): string {
  const parts = all.flatMap((runs, row) => {
    const y = 40 + row * (height + 24);
    return [
      { x: 0, y, drawing: variances(runs) },
      { x: width, y, drawing: divergences(runs, samples) },
      { x: 2 * width, y, drawing: cloud(runs) },
    ];
  });
  const drawing = assemble(3 * width, 40 + all.length * (height + 24), [
    { x: 0, y: 0, drawing: svgElement("svg", { width: 3 * width, height: 36 }, [legend(legends, 10, 22)]) },
    ...parts,
  ]);
  return toSvg(
    drawing,
    `For ${all.map(({ target }) => target.name).join(", ")}: variance of path and total gradients along training, ` +
      "divergences reached run by run, and draws of a flow",
  );
}

function variances({ target, reverse }: TargetRuns): Element {
  const rows = reverse.path.flatMap(({ spreads }, run) =>
    spreads.flatMap(({ step, variance }) =>
      kinds.map((kind) => ({ step, kind, variance: variance[kind], line: `${kind} ${run}` })),
    ),
  );
  return draw({
    ...frame,
    x: { label: "step", ticks: 4 },
    y: {
      type: "log",
      grid: true,
      label: `${target.name}: variance of a row's gradient`,
      tickFormat: "~s",
      ticks: 5,
    },
    marks: [
      Plot.line(rows, {
        ...{ x: "step", y: "variance", z: "line", strokeOpacity: 0.8 },
        stroke: ({ kind }: (typeof rows)[number]) => colorOf[kind],
      }),
    ],
  });
}

function divergences({ reverse, forward }: TargetRuns, samples: number): Element {
  const named = { "from the energy": reverse, [`from ${samples} samples`]: forward };
  const dots = kinds.map((kind, k) =>
    Plot.dot(
      Object.entries(named).flatMap(([from, runs]) =>
        // Where two densities agree to the noise of the estimate, it may come out below zero.
        runs[kind].map(({ divergence }) => ({ from, divergence: Math.max(divergence, 1e-4) })),
      ),
      {
        ...{ x: "from", y: "divergence", r: 3.5, fillOpacity: 0.6 },
        ...{ dx: 36 * k - 18, fill: colorOf[kind] },
      },
    ),
  );
  return draw({
    ...frame,
    x: { type: "point", label: null, domain: Object.keys(named), padding: 0.5 },
    y: { type: "log", grid: true, label: "divergence, nats", tickFormat: "~g", ticks: 5 },
    marks: dots,
  });
}

/** The first two coordinates of a run's draws. */
function cloud({ target, reverse }: TargetRuns): Element {
  const { draws } = reverse.path[0];
  const { extent, energy } = target;
  const seen = Array.from({ length: draws.length / energy.dim }, (_, i) =>
    [0, 1].map((d) => draws[i * energy.dim + d]),
  ).filter((point) => point.every((x) => Math.abs(x) < extent));
  const scale = { domain: [-extent, extent], ticks: 5 };
  return draw({
    ...frame,
    x: { ...scale, label: "x₁ of a flow's draws" },
    y: { ...scale, label: "x₂" },
    marks: [
      points(
        seen.map(([x]) => x),
        seen.map(([, y]) => y),
        "model",
      ),
    ],
  });
}
