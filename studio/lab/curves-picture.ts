// Learning curves of the runs side by side.

import * as Plot from "@observablehq/plot";
import { color } from "../page/palette.js";
import type { Reading } from "./experiment.js";

/** What the curves may show. */
export const measures = {
  missed: "nats missed",
  nll: "negative log-likelihood",
  gradient: "gradient norm",
} as const;
export type Measure = keyof typeof measures;

const axes: Readonly<Record<Measure, string>> = {
  missed: "nats missed",
  nll: "nats a row",
  gradient: "norm",
};

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

/** What a measure draws of each run: solid, then dashed. */
const drawn: Readonly<Record<Measure, readonly ((reading: Reading) => number | null)[]>> = {
  missed: [({ missed }) => Math.max(least, missed)],
  nll: [({ validationNll }) => validationNll, ({ trainNll }) => trainNll],
  gradient: [({ gradientNorm }) => gradientNorm],
};

export function drawCurves({ curves, against, measure, entropy }: CurvesPicture) {
  const reference = measure === "nll" && entropy !== undefined ? [entropy] : [];
  const values = curves.flatMap(({ readings }) =>
    readings.flatMap((one) => drawn[measure].map((y) => y(one))),
  );
  const shown = [...values.filter((value) => value !== null), ...reference];
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const isLogarithmic = measure !== "nll";
  const margin = 0.04 * (high - low);
  const domain = isLogarithmic ? [low / 1.15, high * 1.15] : [low - margin, high + margin];
  const dashes = [undefined, "4 3"];
  return Plot.plot({
    ...{ width: 420, height: 250, marginLeft: 44, marginRight: 24, marginTop: 24, marginBottom: 36 },
    style: { fontSize: "12px", background: "none" },
    x: { label: against === "step" ? "steps" : "seconds", ticks: 6 },
    y: {
      label: axes[measure],
      ...{ grid: true, ticks: 5 },
      ...(shown.length > 0 && { domain }),
      ...(isLogarithmic && { type: "log" as const, tickFormat: "~g" }),
    },
    marks: [
      Plot.frame({ anchor: "bottom", stroke: color("muted") }),
      curves.flatMap(({ color: stroke, readings }) =>
        drawn[measure].map((y, i) =>
          Plot.line(readings, { x: against, y, stroke, strokeWidth: 1.8, strokeDasharray: dashes[i] }),
        ),
      ),
      Plot.ruleY(reference, { stroke: color("muted"), strokeDasharray: "1 3", strokeWidth: 1.5 }),
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
