// The p-values of a table's rows as a histogram: even if all rows are like the calibration rows.

import * as Plot from "@observablehq/plot";
import type { PValueBar } from "../../../src/server/studio/anomalies-answers.js";
import { color } from "../../page/palette.js";

export interface PValuesPicture {
  readonly bars: readonly PValueBar[];
  /** Rows at and below this p-value are flagged. */
  readonly threshold: number;
}

export function drawPValues({ bars, threshold }: PValuesPicture) {
  const thresholds = threshold > 0 ? [threshold] : [];
  const most = Math.max(...bars.map(({ rows }) => rows));
  return Plot.plot({
    ...{ width: 420, height: 230, marginLeft: 48, marginRight: 16, marginTop: 24, marginBottom: 38 },
    style: { fontSize: "12px", background: "none" },
    x: { domain: [0, 1], label: "p-value", ticks: 6 },
    y: { label: "rows", ticks: 5, grid: true, tickFormat: most >= 10_000 ? "~s" : undefined },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "rows", fill: color("data"), inset: 0.5 }),
      Plot.ruleY(bars, {
        ...{ x1: "from", x2: "to", y: "expected" },
        ...{ stroke: color("ink"), strokeWidth: 1.5, strokeDasharray: "3 2" },
      }),
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
      thresholds.map((x) => Plot.ruleX([x], { stroke: color("low"), strokeWidth: 2 })),
      thresholds.map((x) =>
        Plot.text([x], {
          ...{ x: (p: number) => p, text: () => "flagged", frameAnchor: "top" },
          ...{ textAnchor: x > 0.75 ? "end" : "start", dx: x > 0.75 ? -5 : 5, dy: -14, fill: color("low") },
        }),
      ),
    ],
  });
}

export const pValueColumns = ["p_from", "p_to", "rows", "expected_if_normal"];

export function* pValueRows({ bars }: PValuesPicture) {
  for (const { from, to, rows, expected } of bars) yield [from, to, rows, expected] as const;
}
