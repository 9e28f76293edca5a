// Each latent dimension beside the base: small histograms over the band of chance.

import * as Plot from "@observablehq/plot";
import type { LatentCheck } from "../../../src/server/studio/look-answers.js";
import { color } from "../../page/palette.js";
import { pInWords } from "../words.js";
import { pictureSize } from "./picture-size.js";

/** A pile-up in one bar must not flatten all others: what exceeds so many times the expected count is cut. */
export const highest = 3;

export function drawChecks(checks: readonly LatentCheck[]) {
  const { width } = pictureSize(1);
  const across = Math.min(checks.length, width < 450 ? 2 : 3);
  const rows = Math.ceil(checks.length / across);
  const place = (i: number) => ({ fx: i % across, fy: Math.floor(i / across) });
  const bars = checks.flatMap(({ counts, expected, band }, i) =>
    counts.map((count, k) => ({
      ...{ ...place(i), from: k / counts.length, to: (k + 1) / counts.length },
      height: expected > 0 ? count / expected : 0,
      isInside: count >= band[0] && count <= band[1],
    })),
  );
  type Bar = (typeof bars)[number];
  const top = Math.min(highest, Math.max(1.6, ...bars.map(({ height }) => height)));
  const bands = checks.flatMap(({ band, expected }, i) =>
    expected > 0 ? [{ ...place(i), low: band[0] / expected, high: band[1] / expected }] : [],
  );
  const names = checks.map(({ dimension, adjusted }, i) => ({
    ...place(i),
    text: `latent ${dimension}: p ${pInWords(adjusted)}`,
    isWrong: adjusted <= 0.05,
  }));
  return Plot.plot({
    ...{ width, height: rows * 118 + 34, marginLeft: 26, marginRight: 6, marginTop: 24, marginBottom: 26 },
    style: { fontSize: "12px", background: "none" },
    fx: { axis: null, padding: 0.1 },
    fy: { axis: null, padding: 0.32 },
    x: { domain: [0, 1], ticks: [0, 0.5, 1], tickFormat: String, label: null },
    y: {
      domain: [0, top],
      ticks: [0, 1, 2, 3].filter((tick) => tick <= top),
      tickFormat: String,
      label: null,
    },
    marks: [
      Plot.rect(bands, {
        ...{ x1: 0, x2: 1, y1: "low", y2: "high", fx: "fx", fy: "fy", className: "band" },
        ...{ fill: color("muted"), fillOpacity: 0.3 },
      }),
      Plot.rectY(bars, {
        ...{ x1: "from", x2: "to", fx: "fx", fy: "fy", inset: 0.5, className: "bars" },
        y: ({ height }: Bar) => Math.min(top, height),
        fill: ({ isInside }: Bar) => color(isInside ? "data" : "low"),
        fillOpacity: 0.6,
      }),
      Plot.ruleY(bands, { y: 1, fx: "fx", fy: "fy", stroke: color("ink"), strokeOpacity: 0.6 }),
      Plot.text(names, {
        ...{ text: "text", fx: "fx", fy: "fy", frameAnchor: "top-left", dy: -15, className: "names" },
        fill: ({ isWrong }: (typeof names)[number]) => color(isWrong ? "low" : "ink"),
      }),
    ],
  });
}

export const checkColumns = ["dimension", "p_value", "adjusted_p_value", "from", "to", "rows", "expected"];

export function* checkRows(checks: readonly LatentCheck[]) {
  for (const { dimension, pValue, adjusted, counts, expected } of checks)
    for (const [k, count] of counts.entries())
      yield [
        ...[dimension, pValue, adjusted],
        ...[k / counts.length, (k + 1) / counts.length, count, expected],
      ] as const;
}
