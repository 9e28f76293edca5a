// The picture of the lab self-normalizing: time a step, likelihood and inverse errors along training.

import * as Plot from "@observablehq/plot";
import { color } from "../../model/report/palette.js";
import { draw } from "../../model/report/picture.js";
import type { TimeRow } from "../relative/step-times.js";
import { bestLearned, type Comparison, type CurveRow } from "./compare.js";
import { arrange, colorOf, frame } from "./panels.js";
import type { WidthRow } from "./width.js";
import { widthPanels } from "./width-picture.js";

const stroke = (row: { readonly case: string }) => color(colorOf(row.case));

/** Time a step, held-out nats a table, inverse errors of all tables; then both against the dimension. */
export function drawSelfNormalizing(
  times: readonly TimeRow[],
  comparisons: readonly Comparison[],
  widths: readonly WidthRow[],
): string {
  return arrange(
    [
      timesPanel(times),
      ...comparisons.map(({ ends, curves }) => natsPanel(curves, bestLearned(ends).case)),
      errorsPanel(comparisons),
      ...widthPanels(widths),
    ],
    3,
    "Time of a step against the dimension, held-out nats against steps on each table, the learned inverses' errors, and nats and errors against the dimension",
  );
}

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
