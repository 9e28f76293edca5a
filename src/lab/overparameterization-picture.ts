// The picture of the lab overparameterization.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import { assemble, draw, type LegendEntry, legend, svgElement, toSvg } from "../model/report/picture.js";
import type { Summary } from "./statistics.js";

export const kinds = ["constrained", "unconstrained"] as const;
export type Kind = (typeof kinds)[number];

/** What one width came to at one rate, over the seeds. */
export interface WidthResult {
  readonly kind: Kind;
  readonly width: number;
  /** The rate of descent, times m τ². */
  readonly rate: number;
  /** Nats above the target's entropy: the divergence from target to model. */
  readonly excess: Summary;
  /** How far the weights and biases of the hidden layer moved, Euclidean. */
  readonly moved: Summary;
  readonly runs: number;
  /** Runs that ended in a number that is none; they are left out of the means. */
  readonly failed: number;
}

const legends: readonly LegendEntry[] = [
  { label: "constrained: positive weights", color: "model" },
  { label: "unconstrained: positive slope", color: "data" },
];

export interface Measured {
  /** Every width at one rate, and every width at the rate that suits it best. */
  readonly common: readonly WidthResult[];
  readonly best: readonly WidthResult[];
  readonly entropy: number;
}

/** Negative log-likelihood, and how far the weights moved, against the width; bars are two standard errors. */
export function drawOverparameterization({ common, best, entropy }: Measured): string {
  const nll = ({ excess }: WidthResult) => ({ ...excess, mean: excess.mean + entropy });
  const most = Math.max(...[...common, ...best].map((result) => nll(result).mean + 2 * result.excess.error));
  const likelihoods = (results: readonly WidthResult[], label: string) =>
    panel(results, nll, { label, domain: [Math.min(0, entropy), most] }, [
      Plot.ruleY([entropy], { stroke: color("muted"), strokeDasharray: "4 3" }),
    ]);
  const drawing = assemble(960, 340, [
    { x: 0, y: 0, drawing: svgElement("svg", { width: 960, height: 36 }, [legend(legends, 10, 22)]) },
    { x: 0, y: 36, drawing: likelihoods(common, "nats a row, one rate for all (dashed: entropy)") },
    { x: 320, y: 36, drawing: likelihoods(best, "nats a row, each width's best rate") },
    {
      x: 640,
      y: 36,
      drawing: panel(best, ({ moved }) => moved, { type: "log", label: "distance moved, best rate" }),
    },
  ]);
  return toSvg(drawing, "Negative log-likelihood and distance moved against the number of hidden units");
}

function panel(
  results: readonly WidthResult[],
  read: (result: WidthResult) => Summary,
  y: Plot.ScaleOptions,
  behind: Plot.Markish[] = [],
): Element {
  const rows = results.map((result) => {
    const { mean, error } = read(result);
    return {
      width: result.width,
      kind: result.kind,
      mean,
      low: y.type === "log" ? Math.max(mean - 2 * error, mean / 10) : mean - 2 * error,
      high: mean + 2 * error,
    };
  });
  const stroke = (row: { kind: string }) => color(row.kind === "constrained" ? "model" : "data");
  return draw({
    width: 315,
    height: 300,
    marginLeft: 48,
    marginBottom: 42,
    x: { type: "log", base: 2, label: "hidden units", tickFormat: "d", ticks: 6 },
    y: { grid: true, tickFormat: "~g", ...y },
    marks: [
      ...behind,
      Plot.ruleX(rows, { x: "width", y1: "low", y2: "high", stroke, strokeWidth: 1.5 }),
      Plot.line(rows, { x: "width", y: "mean", z: "kind", stroke }),
      Plot.dot(rows, { x: "width", y: "mean", fill: stroke, r: 3.5 }),
    ],
  });
}
