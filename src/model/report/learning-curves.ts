// Picture: negative log-likelihood of training and validation rows while the model learned.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { draw, legend, toSvg } from "./picture.js";
import type { CurvePoint, TrainingSummary } from "./report-data.js";
import { quantile, sortedFinite } from "./statistics.js";
import { formatCount, formatNats } from "./words.js";

/**
 * Learning curves as SVG: nats per row by step, the kept step marked, a Gaussian's value as a dashed line.
 *
 * @param gaussianLogProb mean log-density of a Gaussian on the validation rows, nats per row; null draws no line
 */
export function learningCurves(training: TrainingSummary, gaussianLogProb: number | null): string {
  const { curve, bestStep } = training;
  const [low, high] = verticalRange(curve, gaussianLogProb);
  const line = (name: "data" | "model", value: (point: CurvePoint) => number) => {
    const visible = curve.filter((point) => value(point) >= low && value(point) <= high);
    const channels = { x: "step", y: value, stroke: color(name) } as const;
    return visible.length === 1
      ? Plot.dot(visible, { ...channels, fill: color(name) })
      : Plot.lineY(visible, { ...channels, strokeWidth: 2 });
  };
  const gaussian = gaussianLogProb !== null && -gaussianLogProb >= low && -gaussianLogProb <= high;
  const best = curve.filter((point) => point.step === bestStep && point.validationNll <= high);

  const drawing = draw({
    width: 640,
    height: 340,
    marginLeft: 64,
    marginTop: 64,
    marginBottom: 46,
    marginRight: 30,
    x: { label: "step", labelArrow: "none", labelAnchor: "right", ticks: 6, domain: stepRange(curve) },
    y: {
      label: "nats per row, lower is better",
      labelArrow: "none",
      grid: true,
      ticks: 5,
      domain: [low, high],
    },
    marks: [
      gaussian
        ? [
            Plot.ruleY([-gaussianLogProb], {
              stroke: color("muted"),
              strokeDasharray: "5 4",
              className: "gaussian",
            }),
            Plot.text([-gaussianLogProb], {
              y: (value: number) => value,
              frameAnchor: "right",
              textAnchor: "end",
              text: () => "Gaussian",
              dy: -9,
              fill: color("muted"),
            }),
          ]
        : null,
      line("data", (point) => point.trainNll),
      line("model", (point) => point.validationNll),
      Plot.dot(best, {
        x: "step",
        y: "validationNll",
        r: 5,
        fill: color("page"),
        stroke: color("model"),
        strokeWidth: 2,
        title: (point: CurvePoint) =>
          `step ${formatCount(point.step)}: ${formatNats(point.validationNll)} nats per row`,
        className: "best",
      }),
    ],
  });
  drawing.append(
    legend(
      [
        { label: "training rows", color: "data" },
        { label: "validation rows", color: "model" },
      ],
      64,
      42,
    ),
  );
  return toSvg(drawing, describe(training));
}

function describe({ steps, bestStep, curve }: TrainingSummary): string {
  const values = curve.filter((point) => Number.isFinite(point.validationNll));
  if (values.length === 0) return "Learning curves: no step was recorded.";
  const from = formatNats(values[0]!.validationNll);
  const best = formatNats(Math.min(...values.map((point) => point.validationNll)));
  return (
    `Learning curves over ${formatCount(steps)} steps: the validation rows' negative log-likelihood ` +
    `starts at ${from} and is lowest, ${best} nats per row, near step ${formatCount(bestStep)}.`
  );
}

function stepRange(curve: readonly CurvePoint[]): [number, number] {
  const steps = curve.map((point) => point.step);
  const last = Math.max(1, ...steps);
  return [Math.min(last - 1, ...steps), last];
}

/** The range that most of the curve spans: the first steps may be higher by orders of magnitude. */
function verticalRange(curve: readonly CurvePoint[], gaussianLogProb: number | null): [number, number] {
  const values = sortedFinite(curve.flatMap((point) => [point.trainNll, point.validationNll]));
  if (values.length === 0) return [0, 1];
  const low = values[0]!;
  let high = Math.min(values.at(-1)!, low + 4 * (quantile(values, 0.8) - low));
  if (high <= low) high = low + 1;
  // A Gaussian's value is worth some room, but not most of the picture.
  const gaussian = gaussianLogProb === null ? Number.NaN : -gaussianLogProb;
  if (gaussian > high && gaussian - low < 3 * (high - low)) high = gaussian;
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}
