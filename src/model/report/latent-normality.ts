// Picture: is each latent dimension distributed as the base says? A flat histogram means yes.

import * as Plot from "@observablehq/plot";
import { type Calibration, calibrate } from "./calibration.js";
import { color } from "./palette.js";
import { draw, toSvg } from "./picture.js";
import type { PitValues } from "./report-data.js";
import { plural, shorten } from "./words.js";

/** Small histograms of u = F_base(z) as SVG, one a latent dimension, over the band of sampling error. */
export function latentNormality(pit: readonly PitValues[]): string {
  const panels = calibrate(pit);
  const across = Math.min(4, Math.max(1, panels.length));
  const rows = Math.max(1, Math.ceil(panels.length / across));
  const place = (i: number) => ({ fx: i % across, fy: Math.floor(i / across) });
  // Heights relative to the expected count: one scale for all panels, 1 is right.
  const bars = panels.flatMap((panel, i) =>
    panel.bins.map((bin) => ({
      ...bin,
      ...place(i),
      height: panel.expected > 0 ? bin.count / panel.expected : 0,
      inside: bin.count >= panel.band[0] && bin.count <= panel.band[1],
      title: `${shorten(panel.name, 40)}, ${bin.from.toFixed(2)} to ${bin.to.toFixed(2)}: ${plural(bin.count, "row")}, ${panel.expected.toFixed(0)} expected`,
    })),
  );
  // A pile-up in one bar must not flatten all others: what exceeds three times the expected count is cut.
  const top = Math.min(3, Math.max(1.6, ...bars.map((bar) => bar.height)));
  const bands = panels
    .map((panel, i) => ({
      ...place(i),
      low: panel.band[0] / panel.expected,
      high: panel.band[1] / panel.expected,
    }))
    .filter((band) => Number.isFinite(band.high));
  const names = panels.map((panel, i) => ({ ...place(i), name: shorten(panel.name, 18) }));
  const drawing = draw({
    width: Math.max(560, across * 170),
    height: rows * (across < 3 ? 170 : 125) + 50,
    marginLeft: 40,
    marginRight: 10,
    marginTop: 26,
    marginBottom: 40,
    fx: { axis: null, padding: 0.1 },
    fy: { axis: null, padding: 0.34 },
    x: { domain: [0, 1], ticks: [0, 0.5, 1], tickFormat: String, label: null },
    y: {
      domain: [0, top],
      ticks: [0, 1, 2, 3].filter((tick) => tick <= top),
      tickFormat: String,
      label: null,
    },
    marks: [
      Plot.rectY(bars, {
        x1: "from",
        x2: "to",
        y: (bar: { height: number }) => Math.min(top, bar.height),
        fx: "fx",
        fy: "fy",
        fill: (bar: { inside: boolean }) => color(bar.inside ? "data" : "low"),
        fillOpacity: 0.85,
        inset: 0.5,
        title: "title",
        className: "bars",
      }),
      Plot.rect(bands, {
        x1: 0,
        x2: 1,
        y1: "low",
        y2: "high",
        fx: "fx",
        fy: "fy",
        fill: color("ink"),
        fillOpacity: 0.2,
        className: "band",
      }),
      Plot.ruleY(bands, { y: 1, fx: "fx", fy: "fy", stroke: color("ink"), strokeOpacity: 0.6 }),
      Plot.text(names, {
        text: "name",
        fx: "fx",
        fy: "fy",
        frameAnchor: "top-left",
        dy: -16,
        className: "names",
      }),
    ],
  });
  return toSvg(drawing, describe(panels));
}

function describe(panels: readonly Calibration[]): string {
  const bars = panels.reduce((sum, panel) => sum + panel.bins.length, 0);
  const outside = panels.reduce((sum, panel) => sum + panel.outside, 0);
  return (
    `Histograms of ${plural(panels.length, "latent dimension")} on held-out rows after the base's distribution ` +
    `function: ${outside} of ${plural(bars, "bar")} lie outside the 95 % band around a flat line.`
  );
}
