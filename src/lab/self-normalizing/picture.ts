// The picture of the lab self-normalizing: time a step, likelihood and inverse errors along training.

import * as Plot from "@observablehq/plot";
import { type ColorName, color } from "../../model/report/palette.js";
import { assemble, draw, type LegendEntry, legend, svgElement, toSvg } from "../../model/report/picture.js";
import type { TimeRow } from "../relative/step-times.js";
import { bestLearned, type Comparison, type CurveRow } from "./compare.js";

const legends: readonly LegendEntry[] = [
  { label: "exact", color: "data" },
  { label: "self-normalizing (thick: the best λ)", color: "model" },
  { label: "relative", color: "low" },
  { label: "lie", color: "muted" },
];

const colorOf = (name: string): ColorName => {
  if (name === "exact") return "data";
  if (name.startsWith("self-normalizing")) return "model";
  return name === "relative" ? "low" : "muted";
};
const stroke = (row: { readonly case: string }) => color(colorOf(row.case));

const [width, height] = [390, 330];

/** Times on the left; a table a panel: held-out nats above, inverse errors of all tables in the last panel. */
export function drawSelfNormalizing(times: readonly TimeRow[], comparisons: readonly Comparison[]): string {
  const panels = [
    timesPanel(times),
    ...comparisons.map(({ ends, curves }) => natsPanel(curves, bestLearned(ends).case)),
    errorsPanel(comparisons),
  ];
  const columns = 3;
  const total = columns * width;
  const rows = Math.ceil(panels.length / columns);
  const drawing = assemble(total, 40 + rows * height, [
    { x: 0, y: 0, drawing: svgElement("svg", { width: total, height: 36 }, [legend(legends, 10, 22)]) },
    ...panels.map((panel, i) => ({
      x: (i % columns) * width,
      y: 40 + Math.floor(i / columns) * height,
      drawing: panel,
    })),
  ]);
  return toSvg(
    drawing,
    "Time of a step against the dimension, held-out nats against steps on each table, and the learned inverses' errors",
  );
}

const frame = { width: width - 10, height: height - 10, marginLeft: 52, marginBottom: 42 };

function timesPanel(rows: readonly TimeRow[]): Element {
  const paint = (row: TimeRow) => color(colorOf(row.estimator));
  return draw({
    ...frame,
    x: { type: "log", base: 2, label: "columns D", tickFormat: "d", ticks: 7 },
    y: { type: "log", grid: true, label: "milliseconds of processor time a step", tickFormat: "~g" },
    marks: [
      Plot.line(rows, { x: "dim", y: "processor", z: "estimator", stroke: paint }),
      Plot.dot(rows, { x: "dim", y: "processor", fill: paint, r: 3.5 }),
    ],
  });
}

function natsPanel(curves: readonly CurveRow[], best: string): Element {
  const isThin = (row: CurveRow) => row.case.startsWith("self-normalizing") && row.case !== best;
  const last = Math.max(...curves.map(({ step }) => step));
  const ends = curves.filter((row) => row.step === last && !isThin(row)).map(({ nats }) => nats);
  const top = Math.max(...ends);
  // The start, and weights that are too small, lie so far below that the ends would be one line: cut off.
  const reach = Math.max(3 * (top - Math.min(...ends)), 0.02 * Math.abs(top));
  return draw({
    ...frame,
    x: { label: "steps" },
    y: {
      label: `held-out nats a row, ${curves[0].table}`,
      grid: true,
      domain: [top - reach, top + 0.05 * reach],
    },
    marks: [
      Plot.line(curves, {
        ...{ x: "step", y: "nats", z: "case", stroke, clip: true },
        strokeWidth: (row: CurveRow) => (isThin(row) ? 0.8 : 2),
      }),
    ],
  });
}

function errorsPanel(comparisons: readonly Comparison[]): Element {
  const rows = comparisons.flatMap(({ ends, curves }) => {
    const best = bestLearned(ends).case;
    const last = Math.max(...curves.map(({ step }) => step));
    // Noughts cannot be drawn on a logarithmic axis: the start is exact but for rounding.
    return curves
      .filter((row) => row.case === best && row.step > 0)
      .map((row) => ({ ...row, share: row.step / last }));
  });
  // A label stands at its line's end, or below the label above it.
  let above = Number.POSITIVE_INFINITY;
  const labels = rows
    .filter(({ share }) => share === 1)
    .sort((a, b) => (b.inverseError ?? 0) - (a.inverseError ?? 0))
    .map(({ table, inverseError }) => {
      above = Math.min(inverseError ?? 0, above / 1.5);
      return { table, at: above };
    });
  return draw({
    ...frame,
    marginRight: 124,
    x: { label: "share of the steps", tickFormat: "%" },
    y: { type: "log", grid: true, label: "‖x − (xW)R‖ / ‖x‖, the worst layer, best λ", tickFormat: "~g" },
    marks: [
      Plot.line(rows, { x: "share", y: "inverseError", z: "table", stroke: color("model") }),
      Plot.text(labels, { x: 1, y: "at", text: "table", textAnchor: "start", dx: 6 }),
    ],
  });
}
