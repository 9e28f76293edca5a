// The panels of the lab self-normalizing's part on width: likelihood beside the exact gradient's, and inverse errors.

import * as Plot from "@observablehq/plot";
import { color } from "../../model/report/palette.js";
import { draw } from "../../model/report/picture.js";
import { arrange, colorOf, frame } from "./panels.js";
import type { WidthRow } from "./width.js";

/** The part's picture by itself. */
export const drawWidth = (rows: readonly WidthRow[]): string =>
  arrange(
    widthPanels(rows),
    2,
    "Held-out nats a column beside the exact gradient's, and the learned inverses' errors, against the dimension",
    [
      { label: "exact", color: "data" },
      { label: "self-normalizing", color: "model" },
      { label: "relative", color: "low" },
    ],
  );

/** How far below the exact gradient each ends, and how far the learned inverses are off at the end. */
export function widthPanels(rows: readonly WidthRow[]): Element[] {
  const exactNats = ({ dim, steps }: WidthRow) =>
    rows.find((row) => row.dim === dim && row.steps === steps && row.case === "exact")?.nats ?? Number.NaN;
  const points = rows
    .filter((row) => row.case !== "exact")
    .map((row) => ({ ...row, short: exactNats(row) - row.nats }));
  const learned = points.filter(({ lastInverseError }) => lastInverseError !== null);
  return [
    panel(points, "short", { label: "nats a column less than exact", nice: true }, [
      Plot.ruleY([0], { stroke: color("data") }),
    ]),
    panel(learned, "lastInverseError", {
      label: "‖x − (xW)R‖ / ‖x‖ at the end, the worse layer",
      tickFormat: "%",
      zero: true,
    }),
  ];
}

/** A line for each estimator and number of steps, which stands at its end. */
function panel(
  points: readonly WidthRow[],
  y: string,
  axis: Plot.ScaleOptions,
  behind: readonly Plot.Markish[] = [],
): Element {
  const paint = (row: WidthRow) => color(colorOf(row.case));
  const line = ({ case: name, steps }: WidthRow) => `${colorOf(name)}, ${steps}`;
  return draw({
    ...frame,
    marginRight: 62,
    x: { type: "log", base: 2, label: "columns D", tickFormat: "d", ticks: 7 },
    y: { grid: true, ...axis },
    marks: [
      ...behind,
      Plot.line(points, { x: "dim", y, z: line, stroke: paint }),
      Plot.dot(points, { x: "dim", y, fill: paint, r: 3 }),
      // Lines of the two estimators end near one another: one's label stands above its end, the other's below.
      ...[true, false].map((isLearned) =>
        Plot.text(
          points.filter((row) => (row.lastInverseError !== null) === isLearned),
          Plot.selectLast({
            ...{ x: "dim", y, z: line, fill: paint, textAnchor: "start" as const },
            ...{ dx: 5, dy: isLearned ? 6 : -6 },
            text: ({ steps }: WidthRow) => `${steps} steps`,
          }),
        ),
      ),
    ],
  });
}
