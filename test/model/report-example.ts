// A report's data with seeded numbers, for the tests of the report and of the model card.

import type { CategoryCounts, MonitorPoint, ReportData } from "../../src/model/report/index.js";
import { Random } from "../../src/random/index.js";

/** A plausible fit of `width` columns; every third column is discrete. Parts may be replaced. */
export function exampleReport(width: number, replaced: Partial<ReportData> = {}): ReportData {
  const random = new Random(width);
  const numbers = (count: number, draw: () => number) => Array.from({ length: count }, draw);
  const names = numbers(width, () => 0).map((_, j) => `column ${j + 1}`);
  const shown = names.slice(0, 6);
  return {
    title: "measurements",
    created: "2026-03-01T12:34:56.000Z",
    logdetVersion: "0.1.0",
    data: {
      sources: ["measurements.csv"],
      rows: 1200,
      trainRows: 1000,
      validationRows: 200,
      columns: names.map((name, j) => ({
        name,
        kind: j % 3 === 2 ? "discrete" : "continuous",
        ...(j % 3 === 2 ? { quantum: 1 } : {}),
        mean: 10.5 + j,
        standardDeviation: 2.25,
        minimum: -1234.5,
        maximum: 98765.4,
      })),
      dropped: [],
      notices: [],
    },
    model: {
      recipe: "spline",
      description: "Splines and dense layers.",
      parameters: 4321,
      base: "mixture",
      jacobian: "lie",
      optimizer: "adam",
      seed: 7,
    },
    training: {
      steps: 3000,
      epochs: 750,
      seconds: 12.3,
      stoppedBy: "the planned steps were done",
      curve: numbers(31, () => 0).map((_, i) => ({
        step: 100 * i,
        trainNll: 2 + 5 * Math.exp(-i / 5),
        validationNll: 2.2 + 5 * Math.exp(-i / 5),
      })),
      bestStep: 2900,
      noise: 0,
    },
    metrics: { validationLogProb: -2.21, standardError: 0.12, gaussianLogProb: -5.42, affineOptimum: -5.3 },
    pairs: {
      names: shown,
      data: shown.map(() => numbers(500, () => random.normal())),
      samples: shown.map(() => numbers(400, () => random.normal())),
    },
    example: {
      values: numbers(width, () => 10.5),
      table: names.map((name) => ({ name, cell: 10.5 })),
      logProb: -3.21,
      pValue: 0.25,
    },
    heldOutLogProb: numbers(200, () => -2 - Math.abs(random.normal())),
    pit: names.map((_, j) => ({ name: `z${j + 1}`, values: numbers(200, () => random.uniform()) })),
    ...replaced,
  };
}

/** Categories and missing cells, counted: `draws` of the model, as many again of whatever the data has. */
export const exampleCounts: CategoryCounts = {
  rows: 200,
  draws: 1000,
  columns: [
    {
      name: "sort",
      bars: [
        { name: "apple", data: 120, model: 610 },
        { name: "cherry", data: 60, model: 190 },
        { name: "(missing)", data: 20, model: 200 },
      ],
    },
    { name: "missing cells", bars: [{ name: "weight", data: 10, model: 50 }] },
  ],
};

/** What a monitor may have seen: volumes grow, singular values spread. */
export const exampleLooks = (count: number): MonitorPoint[] =>
  Array.from({ length: count }, (_, i) => ({
    step: 100 * i,
    volume: {
      mean: 0.2 * i,
      standardDeviation: 1,
      quantiles: [-2, -0.7, 0, 0.7, 2].map((offset) => 0.2 * i + offset),
      expanded: 0.5 + 0.03 * i,
      rows: 1000,
    },
    stretching: {
      largest: 2 * 1.3 ** i,
      smallest: 0.5 * 0.8 ** i,
      medianLargest: 1.5 * 1.3 ** i,
      medianSmallest: 0.7 * 0.8 ** i,
      condition: 4 * (1.3 / 0.8) ** i,
      rows: 8,
    },
  }));

/** A name that breaks out of HTML, attributes, Markdown tables and lines wherever it is not escaped. */
export const hostileName =
  '<script>alert("x")</script> | `a\'b` \n# [x](http://evil.example) & **b** \u0000\u202e';
