// Lab: the relative gradient against the exact one. Time a step, where they come to rest, and why two layers trained by
// the published rule lag.

import { join } from "node:path";
import { analyzeColumns, readTable, splitRows, standardizedRows } from "../data/index.js";
import { Random } from "../random/index.js";
import type { Lab, LabOptions } from "./lab.js";
import { type LagRow, type LagSize, lag } from "./relative/lag.js";
import { gaussianOptima, laplaceOptima, type OptimumRow } from "./relative/optima.js";
import { drawRelativeVsExact } from "./relative/picture.js";
import { exponent, stepTimes, type TimeRow, upperHalf } from "./relative/step-times.js";
import { strokes } from "./relative/strokes.js";
import type { Rows } from "./relative/tables.js";

interface Size extends LagSize {
  readonly dims: readonly number[];
  /** Steps on the Laplace rows. */
  readonly laplaceSteps: number;
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke)
    return { dims: [64, 128, 256, 512], laplaceSteps: 3000, steps: 1200, seeds: 1, stride: 2, all: false };
  const dims = [64, 128, 256, 512, 1024, 2048, 4096];
  if (!full) return { dims, laplaceSteps: 4000, steps: 4000, seeds: 3, stride: 1, all: true };
  return { dims, laplaceSteps: 20_000, steps: 10_000, seeds: 5, stride: 1, all: true };
};

/**
 * The largest exponent that counts as quadratic, and by how much the exact one must be larger: less than 1, as an exact
 * step has products of B D² too, which weigh at these dimensions.
 */
const quadratic = 2.3;
const apart = 0.4;
/** Nats a row within which an end counts as the optimum. */
const equal = 0.001;
/** What a cause must account for, as a share of the lag: most of it. */
const most = 0.5;

/** Whether each of the three parts of the claim held, and the sentence that says so. */
interface Finding {
  readonly held: boolean;
  readonly sentence: string;
}

/** D² against D³, over the upper half of the dimensions. */
export function judgeTimes(rows: readonly TimeRow[]): Finding {
  const dims = upperHalf([...new Set(rows.map(({ dim }) => dim))]);
  const [relative, exact] = ["relative", "exact"].map((name) => exponent(rows, name, dims));
  return {
    held: relative <= quadratic && exact >= relative + apart,
    sentence: `From D = ${dims[0]} to ${dims.at(-1)} a relative step takes processor time as D^${relative.toFixed(2)}, an exact one as D^${exact.toFixed(2)}.`,
  };
}

/** Every exact rule at the optimum, the published one as far from it as was derived. */
export function judgeOptima(rows: readonly OptimumRow[]): Finding {
  const known = rows.filter((row) => row.derived !== null);
  const worst = Math.max(...known.map(({ short, derived }) => Math.abs(short - (derived ?? 0))));
  const published = rows.filter(({ estimator }) => estimator === "published");
  return {
    held: worst <= equal && published.every(({ short }) => short > 100 * equal),
    sentence: `At convergence every rule is within ${worst.toExponential(0)} nats of where it should be: the exact ones at the optimum, the published one ${published.map(({ short, table }) => `${short.toFixed(2)} nats short of it on ${table} rows`).join(", ")}.`,
  };
}

/**
 * The published rule's lag has two causes: what its bias rule leaves out, and the metric W Wᵀ. Each must cost something;
 * of the second's cost most must come back with the metric in the first layer alone, more than with it in the last
 * alone, and most must go where the metric is damped. What Adam's element-wise rescaling has to do with it is told
 * beside.
 */
export function judgeLag(rows: readonly LagRow[]): Finding {
  const nats = (name: string) => rows.find((row) => row.case === name)?.nats ?? Number.NaN;
  const bias = nats("relative") - nats("published");
  const metric = nats("exact") - nats("relative");
  const [first, last, damped] = ["in the first layer", "in the last layer", "damped"].map(
    (where) => nats("exact") - nats(`metric ${where}`),
  );
  const oneMoment = nats("exact, one moment") - nats("relative, one moment");
  return {
    held: bias > 0 && metric > 0 && first >= most * metric && last < first && damped <= (1 - most) * metric,
    sentence: `On ${rows[0].table} the published rule lags the exact gradient by ${(bias + metric).toFixed(2)} nats: ${bias.toFixed(2)} by its bias rule, ${metric.toFixed(2)} by the metric WWᵀ (${first.toFixed(2)} with it in the first layer alone, ${last.toFixed(2)} in the last alone, ${damped.toFixed(2)} damped; ${oneMoment.toFixed(2)} where no element is rescaled against another).`,
  };
}

export const relativeVsExact: Lab = {
  name: "relative-vs-exact",
  claim:
    "A relative step costs D² where an exact one costs D³; both rest at the same optima, the published rule does not; and two layers trained by it lag because of its bias rule and of the metric WWᵀ, in the first layer above all.",
  source:
    'Gresele, Fissore, Javaloy, Schölkopf and Hyvärinen, "Relative gradient optimization of the Jacobian term in unsupervised deep learning", NeurIPS 2020',
  duration: "5 min",
  async run(options) {
    const size = sizeOf(options);
    const times = await stepTimes(size.dims, options);
    const optima = [...(await gaussianOptima(options)), ...(await laplaceOptima(size.laplaceSteps, options))];
    const random = new Random(options.seed);
    const tables: [string, Rows][] = [["strokes", strokes(4000, random.split("strokes"))]];
    if (options.data !== undefined)
      tables.push(["pendigits", await pendigits(options.data, random.split("split"))]);
    const lags: LagRow[][] = [];
    for (const [name, rows] of tables) lags.push(await lag(name, rows, size, options));
    const findings = [judgeTimes(times), judgeOptima(optima), ...lags.map(judgeLag)];
    return {
      held: findings.every(({ held }) => held),
      verdict: findings
        .map(({ held, sentence }) => (held ? sentence : `Did not hold: ${sentence}`))
        .join(" "),
      figures: [...times, ...optima, ...lags.flat()],
      svg: drawRelativeVsExact(times, optima, lags[0]),
    };
  },
};

/** Handwritten digits as pen strokes, 16 columns, a fifth of the rows held out. */
async function pendigits(folder: string, random: Random): Promise<Rows> {
  const table = await readTable([join(folder, "adbench_pendigits.csv")], { exclude: ["label"] });
  const { plans } = analyzeColumns(table);
  const split = splitRows(table.rows, 0.2, random);
  const standardized = (indices: Uint32Array, name: string) =>
    standardizedRows(table, plans, indices, random.split(name));
  return {
    dim: plans.length,
    train: standardized(split.train, "training noise"),
    held: standardized(split.validation, "held-out noise"),
  };
}
