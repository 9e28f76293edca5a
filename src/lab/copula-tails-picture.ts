// The picture of the lab copula-tails.

import * as Plot from "@observablehq/plot";
import { color } from "../model/report/palette.js";
import { assemble, draw, type LegendEntry, legend, svgElement, toSvg } from "../model/report/picture.js";
import type { Summary } from "./statistics.js";

/** What the runs with one base came to. */
export interface BaseResult {
  readonly name: string;
  readonly published: number;
  /** Nats a test row, one value a run; undefined where the run failed. */
  readonly runs: readonly (number | undefined)[];
  readonly nll: Summary;
  readonly failed: number;
}

const legends: readonly LegendEntry[] = [
  { label: "runs", color: "data" },
  { label: "their mean, ± 2 standard errors", color: "ink" },
  { label: "published mean", color: "model" },
];

/** Every run's test loss, base by base; a dashed line at the target's entropy. */
export function drawCopulaTails(results: readonly BaseResult[], entropy: number): string {
  const label = ({ name, failed, runs }: BaseResult) =>
    failed === 0 ? name : `${name} (${failed} of ${runs.length} failed)`;
  const runs = results.flatMap((result) =>
    result.runs.flatMap((nll) => (nll === undefined ? [] : [{ base: label(result), nll }])),
  );
  const means = results.map((result) => ({
    base: label(result),
    mean: result.nll.mean,
    low: result.nll.mean - 2 * result.nll.error,
    high: result.nll.mean + 2 * result.nll.error,
  }));
  const published = results.map((result) => ({ base: label(result), nll: result.published }));
  const plot = draw({
    width: 760,
    height: 300,
    marginLeft: 265,
    marginBottom: 40,
    x: {
      label: "negative log-likelihood, nats a test row (dashed: the target's entropy)",
      grid: true,
      nice: true,
    },
    y: { label: null, domain: results.map(label) },
    marks: [
      Plot.ruleX([entropy], { stroke: color("muted"), strokeDasharray: "4 3" }),
      Plot.dot(runs, { x: "nll", y: "base", fill: color("data"), fillOpacity: 0.35, r: 3 }),
      Plot.ruleY(means, { x1: "low", x2: "high", y: "base", stroke: color("ink"), strokeWidth: 2 }),
      Plot.dot(means, { x: "mean", y: "base", fill: color("ink"), r: 4 }),
      Plot.dot(published, {
        x: "nll",
        y: "base",
        stroke: color("model"),
        strokeWidth: 2,
        symbol: "diamond",
        r: 5,
      }),
    ],
  });
  const drawing = assemble(760, 340, [
    { x: 0, y: 0, drawing: svgElement("svg", { width: 760, height: 36 }, [legend(legends, 10, 22)]) },
    { x: 0, y: 36, drawing: plot },
  ]);
  return toSvg(drawing, "Test loss of a flow with each of seven base densities, run by run");
}
