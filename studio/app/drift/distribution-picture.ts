// Values of a column in two samples on the same bars: the reference filled, the new rows as a line around theirs.

import * as Plot from "@observablehq/plot";
import type { ColumnDistribution, DistributionBar } from "../../../src/server/studio/drift-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";
import { percent } from "../words.js";

const style = { fontSize: "12px", background: "none" } as const;

export function drawDistribution(distribution: ColumnDistribution) {
  return distribution.kind === "bins" ? drawBins(distribution) : drawShares(distribution);
}

function drawBins({ column, bars }: ColumnDistribution) {
  const steps = bars.flatMap(({ from, to, current }) => [
    { x: from, y: current },
    { x: to, y: current },
  ]);
  return Plot.plot({
    ...{ width: 420, height: 260, marginLeft: 52, marginRight: 20, marginTop: 24, marginBottom: 38, style },
    x: { label: column, ticks: 6 },
    y: { label: "share of rows", ticks: 5, grid: true, tickFormat: (share: number) => percent(share, 3) },
    marks: [
      Plot.rectY(bars, { x1: "from", x2: "to", y: "reference", fill: color("data"), fillOpacity: 0.45 }),
      Plot.lineY(steps, { x: "x", y: "y", stroke: color("model"), strokeWidth: 2 }),
      Plot.ruleY([0], { stroke: color("muted") }),
    ],
  });
}

/** Both shares of every value beside each other. */
function drawShares({ kind, bars }: ColumnDistribution) {
  const both = bars.flatMap((bar: DistributionBar, place) => [
    { ...bar, place, share: bar.reference, side: 0 },
    { ...bar, place, share: bar.current, side: 1 },
  ]);
  const longest = Math.max(1, ...bars.map(({ label }) => Math.min(20, label.length)));
  return Plot.plot({
    ...{ width: 420, height: 32 * bars.length + 62, style },
    ...{ marginLeft: 16 + 7 * longest, marginRight: 48, marginTop: 22, marginBottom: 38 },
    x: {
      label: "share of rows",
      ticks: 5,
      grid: true,
      tickFormat: (share: number) => percent(share, 3),
      zero: true,
    },
    y: { axis: null, padding: 0.05, domain: [0, 1] },
    fy: {
      ...{ label: null, domain: bars.map((_, i) => i), padding: 0.2, axis: "left", tickSize: 0 },
      tickFormat: (i: number) => shortName(bars[i].label, kind === "categories" ? 20 : 12),
    },
    marks: [
      Plot.barX(both, {
        ...{ fy: "place", y: "side", x: "share" },
        fill: ({ side }: (typeof both)[number]) => (side === 0 ? color("data") : color("model")),
        fillOpacity: ({ side }: (typeof both)[number]) => (side === 0 ? 0.6 : 0.95),
      }),
      Plot.text(both, {
        ...{ fy: "place", y: "side", x: "share", textAnchor: "start", dx: 4, fontSize: 10 },
        ...{
          text: ({ share }: (typeof both)[number]) => percent(share),
          fill: color("muted"),
        },
      }),
      Plot.ruleX([0], { stroke: color("muted") }),
    ],
  });
}

export const distributionHeader = ["value", "from", "to", "share_reference", "share_new"];

export function* distributionRows({ bars }: ColumnDistribution) {
  for (const { label, from, to, reference, current } of bars)
    yield [label, from, to, reference, current] as const;
}
