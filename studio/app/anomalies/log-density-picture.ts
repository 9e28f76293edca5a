// The log-densities of all rows of a table as a histogram, and where one of them lies.

import * as Plot from "@observablehq/plot";
import type { NumberHistogram } from "../../../src/server/studio/fit-answers.js";
import { color } from "../../page/palette.js";
import { nats } from "../words.js";

export interface LogDensityPicture {
  readonly histogram: NumberHistogram;
  readonly median: number;
  /** The row that is looked at. */
  readonly marked: { readonly row: number; readonly logProb: number } | undefined;
}

const barsOf = ({ from, to, counts }: NumberHistogram) => {
  const at = (i: number) => from + ((to - from) * i) / counts.length;
  return counts.map((rows, i) => ({ from: at(i), to: at(i + 1), rows }));
};

export function drawLogDensities({ histogram, median, marked }: LogDensityPicture) {
  const { from, to, counts } = histogram;
  const bars = barsOf(histogram);
  const most = Math.max(...counts);
  // Of few rows far out, the bars leave room to tell that they are there.
  const place = (value: number) => Math.min(to, Math.max(from, value));
  const rule = (value: number, text: string, name: "low" | "ink", dy: number) => {
    const isRight = place(value) > from + 0.6 * (to - from);
    return [
      Plot.ruleX([place(value)], {
        ...{ stroke: color(name), strokeWidth: 2, strokeDasharray: name === "ink" ? "3 2" : undefined },
      }),
      Plot.text([place(value)], {
        ...{ x: (x: number) => x, text: () => text, frameAnchor: "top", dy, dx: isRight ? -4 : 4 },
        ...{
          textAnchor: isRight ? "end" : "start",
          fill: color(name),
          stroke: color("page"),
          strokeWidth: 4,
        },
      }),
    ];
  };
  return Plot.plot({
    ...{ width: 420, height: 240, marginLeft: 48, marginRight: 16, marginTop: 36, marginBottom: 38 },
    style: { fontSize: "12px", background: "none" },
    x: { domain: [from, to], label: "log-density, nats", ticks: 6 },
    y: { label: null, ticks: 5, grid: true, tickFormat: most >= 10_000 ? "~s" : undefined },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "rows", fill: color("data"), inset: 0.5 }),
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
      rule(median, `half have ${nats(median)} or more`, "ink", -14),
      marked
        ? rule(
            marked.logProb,
            `${marked.logProb < from ? "← " : ""}row ${marked.row}: ${nats(marked.logProb)}`,
            "low",
            -27,
          )
        : [],
    ],
  });
}

export const logDensityColumns = ["log_prob_from", "log_prob_to", "rows"];

/** What lies outside of the bars has no other end. */
export function* logDensityRows({ histogram }: Pick<LogDensityPicture, "histogram">) {
  const { from, to, below, above } = histogram;
  if (below > 0) yield [null, from, below] as const;
  for (const bar of barsOf(histogram)) yield [bar.from, bar.to, bar.rows] as const;
  if (above > 0) yield [to, null, above] as const;
}
