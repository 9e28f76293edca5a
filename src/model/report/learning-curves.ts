// Picture: negative log-likelihood of training and validation rows while the model learned.

import * as Plot from "@observablehq/plot";
import { color } from "./palette.js";
import { draw, legend, toSvg } from "./picture.js";
import type { CurvePoint, Metrics, TrainingSummary } from "./report-data.js";
import { quantile, sortedFinite } from "./statistics.js";
import { formatCount, formatNats } from "./words.js";

/** What the curves are compared with: see Metrics. Where there is no Gaussian there is no line. */
export type Reference = Pick<Metrics, "gaussianLogProb" | "affineOptimum">;

/**
 * Learning curves as SVG: nats per row by step, the kept step marked. Dashed lines, in the curves' colours, are what the
 * best affine flow, or a Gaussian, comes to on the same rows; where they lie far off, a word at the edge says so.
 */
export function learningCurves(training: TrainingSummary, reference: Reference): string {
  const { curve, bestStep } = training;
  const [low, high] = verticalRange(curve, reference);
  const line = (name: "data" | "model", value: (point: CurvePoint) => number) => {
    const visible = curve.filter((point) => value(point) >= low && value(point) <= high);
    const channels = { x: "step", y: value, stroke: color(name) } as const;
    return visible.length === 1
      ? Plot.dot(visible, { ...channels, fill: color(name) })
      : Plot.lineY(visible, { ...channels, strokeWidth: 2 });
  };
  const references = referenceLines(reference);
  // With categories its mean depends on them, and there is no bound on the training rows.
  const words = reference.affineOptimum === null ? "a Gaussian" : "best affine flow (Gaussian)";
  const shown = references.filter(({ nll }) => nll >= low && nll <= high);
  const top = Math.max(...shown.map(({ nll }) => nll));
  const outside = shown.length === 0 ? references.find(({ name }) => name === "model") : undefined;
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
      Plot.ruleY(shown, {
        y: "nll",
        stroke: ({ name }: ReferenceLine) => color(name),
        strokeDasharray: "5 4",
        className: "gaussian",
      }),
      shown.length > 0
        ? Plot.text([top], {
            y: (value: number) => value,
            ...label,
            text: () => words,
            dy: -9,
          })
        : null,
      outside
        ? Plot.text([`${outside.nll > high ? "↑" : "↓"} ${words}: ${formatNats(outside.nll)}`], {
            ...label,
            frameAnchor: outside.nll > high ? "top-right" : "bottom-right",
            text: (text: string) => text,
            dy: -2,
          })
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

/** The line of a Gaussian, by the colour of the rows that it is of. */
interface ReferenceLine {
  readonly name: "data" | "model";
  readonly nll: number;
}

const label = { frameAnchor: "right", textAnchor: "end", fill: color("muted") } as const;

function referenceLines({ gaussianLogProb, affineOptimum }: Reference): ReferenceLine[] {
  if (gaussianLogProb === null) return [];
  const ofTraining: ReferenceLine[] =
    typeof affineOptimum === "number" ? [{ name: "data", nll: -affineOptimum }] : [];
  return [...ofTraining, { name: "model", nll: -gaussianLogProb }];
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
function verticalRange(curve: readonly CurvePoint[], reference: Reference): [number, number] {
  const values = sortedFinite(curve.flatMap((point) => [point.trainNll, point.validationNll]));
  if (values.length === 0) return [0, 1];
  let low = values[0]!;
  let high = Math.min(values.at(-1)!, low + 4 * (quantile(values, 0.8) - low));
  if (high <= low) high = low + 1;
  // A Gaussian's values are worth some room, but not most of the picture.
  const gaussian = referenceLines(reference).map(({ nll }) => nll);
  const room = 3 * (high - low);
  const [lowest, highest] = [Math.min(low, ...gaussian), Math.max(high, ...gaussian)];
  if (highest - low < room) high = highest;
  if (high - lowest < room) low = lowest;
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}
