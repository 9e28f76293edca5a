// What each column contributes to the strangeness of a row, as bars.

import * as Plot from "@observablehq/plot";
import type { ShownReason } from "../../../src/server/studio/anomalies-answers.js";
import { color } from "../../page/palette.js";
import { shortName } from "../../page/short-name.js";

const bandHeight = 36;
const mostLetters = 54;

/** Without the quotes that tell texts from words of a sentence. */
export const plain = (text: string): string => text.replace(/^"(.*)"$/s, "$1");

/** "bill_length_mm = 59.6; expected 45". */
export const reasonLabel = ({ column, value, expected }: ShownReason): string =>
  shortName(
    `${shortName(column, 24)} = ${plain(value)}${value === expected ? ", as expected" : `; expected ${plain(expected)}`}`,
    mostLetters,
  );

export function drawReasons(reasons: readonly ShownReason[]) {
  const bars = reasons.map((reason, place) => ({ ...reason, place, label: reasonLabel(reason) }));
  const values = reasons.map(({ nats }) => nats);
  const domain = [Math.min(0, ...values), Math.max(0.5, ...values)];
  return Plot.plot({
    ...{ width: 420, height: bandHeight * bars.length + 42 },
    ...{ marginLeft: 8, marginRight: 44, marginTop: 6, marginBottom: 34 },
    style: { fontSize: "12px", background: "none" },
    x: { domain, label: "nats", ticks: 6, grid: true },
    y: { axis: null, padding: 0.15 },
    marks: [
      Plot.barX(bars, {
        ...{ y: "place", x: "nats", insetTop: bandHeight * 0.45 },
        fill: ({ nats }: ShownReason) => (nats >= 0 ? color("low") : color("data")),
      }),
      Plot.text(bars, {
        ...{ y: "place", x: () => domain[0], text: "label" },
        ...{ textAnchor: "start", dy: -bandHeight * 0.26, dx: 1, fill: color("ink") },
      }),
      Plot.text(bars, {
        ...{ y: "place", x: ({ nats }: ShownReason) => Math.max(0, nats) },
        text: ({ nats }: ShownReason) => nats.toFixed(1),
        ...{ textAnchor: "start", dx: 4, dy: bandHeight * 0.2, fill: color("muted") },
      }),
      Plot.ruleX([0], { stroke: color("muted") }),
    ],
  });
}

export const reasonColumns = ["column", "value", "expected", "nats"];

export function* reasonRows(reasons: readonly ShownReason[]) {
  for (const { column, value, expected, nats } of reasons)
    yield [column, plain(value), plain(expected), nats] as const;
}
