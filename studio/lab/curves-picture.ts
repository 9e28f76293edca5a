// Learning curves of the runs side by side.

import * as Plot from "@observablehq/plot";
import { color } from "../page/palette.js";
import type { Reading } from "./experiment.js";

/** What the curves may show. */
export const measures = {
  missed: "nats missed (validation)",
  nll: "negative log-likelihood",
  gradient: "gradient norm",
} as const;
export type Measure = keyof typeof measures;

export interface Curve {
  readonly rule: string;
  readonly color: string;
  readonly readings: readonly Reading[];
}

export interface CurvesPicture {
  readonly curves: readonly Curve[];
  readonly against: "step" | "seconds";
  readonly measure: Measure;
  /** Of the density itself, nats a row. */
  readonly entropy: number | undefined;
}

/** Below this the logarithmic axis ends: a run may by chance miss less than nothing. */
const least = 1e-3;

export function drawCurves({ curves, against, measure, entropy }: CurvesPicture) {
  const x = against;
  const lines = curves.flatMap(({ color: stroke, readings }): Plot.Markish[] => {
    const line = (y: (reading: Reading) => number | null, dashed = false) =>
      Plot.line(readings, {
        ...{ x, y, stroke, strokeWidth: 1.8, clip: true },
        ...(dashed && { strokeDasharray: "4 3" }),
      });
    if (measure === "missed") return [line(({ missed }) => Math.max(least, missed))];
    if (measure === "gradient") return [line(({ gradientNorm }) => gradientNorm)];
    return [line(({ validationNll }) => validationNll), line(({ trainNll }) => trainNll, true)];
  });
  const labels = { missed: "nats missed", nll: "nats a row", gradient: "norm" };
  return Plot.plot({
    ...{ width: 460, height: 250, marginLeft: 48, marginRight: 14, marginTop: 24, marginBottom: 36 },
    style: { fontSize: "12px", background: "none" },
    x: { label: against === "step" ? "steps" : "seconds", ticks: 6, grid: false },
    y: {
      label: labels[measure],
      grid: true,
      ticks: 5,
      ...(measure !== "nll" && { type: "log" as const, tickFormat: "~g" }),
    },
    marks: [
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
      ...lines,
      measure === "nll" && entropy !== undefined
        ? Plot.ruleY([entropy], { stroke: color("muted"), strokeDasharray: "1 3", strokeWidth: 1.5 })
        : null,
    ],
  });
}

export function* curveRows({ curves }: Pick<CurvesPicture, "curves">) {
  for (const { rule, readings } of curves)
    for (const { step, seconds, trainNll, validationNll, missed, gradientNorm } of readings)
      yield [rule, step, seconds, trainNll, validationNll, missed, gradientNorm] as const;
}

export const curveColumns = [
  ...["rule", "step", "seconds", "train_nll", "validation_nll", "nats_missed", "gradient_norm"],
];
