// Columns of data and of draws as small histograms, each over its own range.

import * as Plot from "@observablehq/plot";
import type { LookHistogram } from "../../../src/server/studio/look-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";
import { percent, short } from "../words.js";

/** A panel's title and the words below it. */
const letters = 24;

export function drawHistograms(histograms: readonly LookHistogram[]) {
  const available = Math.max(300, Math.min(1100, document.documentElement.clientWidth - 24));
  const across = Math.min(histograms.length, Math.max(2, Math.floor(available / 230)));
  const rows = Math.ceil(histograms.length / across);
  const misses = histograms.some(({ dataMissing, drawnMissing }) => dataMissing + drawnMissing > 0);
  const place = (i: number) => ({ fx: i % across, fy: Math.floor(i / across) });
  // Every panel is as high as its own highest bar.
  const panels = histograms.map((one, i) => ({
    ...{ ...one, ...place(i), count: one.drawn.length },
    highest: Math.max(...one.data, ...one.drawn, 1e-12),
  }));
  const bars = panels.flatMap(({ data, count, highest, fx, fy }) =>
    data.map((share, k) => ({ fx, fy, from: k / count, to: (k + 1) / count, height: share / highest })),
  );
  const outline = panels.flatMap(({ drawn, count, highest, fx, fy }, i) =>
    [0, ...drawn.flatMap((share) => [share, share]), 0].map((share, k) => ({
      ...{ fx, fy, i, x: Math.floor(k / 2) / count, height: share / highest },
    })),
  );
  const words = panels.flatMap((panel) => {
    const { fx, fy, edges, labels } = panel;
    const ends =
      edges.length > 0
        ? [short(edges[0], 3), short(edges[edges.length - 1], 3)]
        : labels.length > 1
          ? [shortName(labels[0], 11), shortName(labels[labels.length - 1], 11)]
          : [shortName(labels[0] ?? "", 11)];
    return ends.map((text, k) => ({ fx, fy, text, x: k, anchor: k === 0 ? "start" : "end" }));
  });
  const below = {
    fx: "fx",
    fy: "fy",
    y: () => 0,
    text: "text",
    dy: 11,
    className: "ends",
    fill: color("muted"),
  };
  return Plot.plot({
    ...{ width: available, height: rows * (misses ? 146 : 132) + 20, marginLeft: 4, marginRight: 4 },
    ...{ marginBottom: 18, style: { fontSize: "12px", background: "none" } },
    fx: { axis: null, padding: 0.08 },
    fy: { axis: null, padding: misses ? 0.4 : 0.34 },
    marginTop: misses ? 36 : 22,
    x: { axis: null, domain: [0, 1] },
    y: { axis: null, domain: [0, 1.05] },
    marks: [
      Plot.rectY(bars, {
        ...{ x1: "from", x2: "to", y: "height", fx: "fx", fy: "fy", inset: 0.4, className: "bars" },
        ...{ fill: color("data"), fillOpacity: 0.45 },
      }),
      Plot.line(outline, {
        ...{ x: "x", y: "height", z: "i", fx: "fx", fy: "fy", className: "outline" },
        ...{ stroke: color("model"), strokeWidth: 1.6 },
      }),
      Plot.ruleY(panels, { y: () => 0, fx: "fx", fy: "fy", stroke: color("muted"), strokeOpacity: 0.6 }),
      Plot.text(panels, {
        ...{
          text: ({ name }: LookHistogram) => shortName(name, letters),
          fx: "fx",
          fy: "fy",
          className: "names",
        },
        ...{ frameAnchor: "top-left", dy: misses ? -28 : -15, fill: color("ink") },
      }),
      Plot.text(misses ? panels : [], {
        ...{ text: missingWords, fx: "fx", fy: "fy", frameAnchor: "top-left", dy: -14 },
        fill: color("muted"),
      }),
      ...(["start", "end"] as const).map((textAnchor) =>
        Plot.text(
          words.filter(({ anchor }) => anchor === textAnchor),
          { ...below, x: "x", textAnchor },
        ),
      ),
    ],
  });
}

/** "missing: 3 %, model 2 %" */
function missingWords({ data, dataMissing, drawnMissing }: LookHistogram): string {
  if (dataMissing === 0 && drawnMissing === 0) return "";
  return data.length > 0
    ? `missing: ${percent(dataMissing)}, model ${percent(drawnMissing)}`
    : `missing: ${percent(drawnMissing)}`;
}

export const histogramColumns = ["column", "from", "to", "value", "data_share", "model_share"];

export function* histogramRows(histograms: readonly LookHistogram[]) {
  for (const { name, edges, labels, data, drawn } of histograms)
    for (const [k, share] of drawn.entries())
      yield [
        ...[name, edges[k] ?? null, edges[k + 1] ?? null],
        ...[labels[k] ?? null, data[k] ?? null, share],
      ] as const;
}
