// Lab: self-normalizing flows. A learned inverse in place of W^{-1}: what it saves, what it costs in likelihood, and
// whether it stays one.

import { exact, type JacobianEstimator, lie, relative, selfNormalizing } from "../jacobian/index.js";
import { Random } from "../random/index.js";
import type { Lab, LabOptions } from "./lab.js";
import { exponent, stepTimes, type TimeRow, upperHalf } from "./relative/step-times.js";
import {
  bestLearned,
  type Case,
  type CompareSize,
  type Comparison,
  compare,
  type EndRow,
} from "./self-normalizing/compare.js";
import { drawSelfNormalizing } from "./self-normalizing/picture.js";
import { type RestRow, rest } from "./self-normalizing/rest.js";
import { type Block, digitTables, strokeTables, type Table } from "./self-normalizing/tables.js";
import { type WidthRow, type WidthSize, width } from "./self-normalizing/width.js";

interface Size {
  readonly dims: readonly number[];
  /** The largest dimension at which steps of `lie` are timed. */
  readonly lieUpTo: number;
  /** What the learned inverses are compared with. */
  readonly beside: readonly JacobianEstimator[];
  /** Weights λ of the penalty. */
  readonly weights: readonly number[];
  readonly strokes: CompareSize;
  readonly digits: CompareSize & { readonly train: number; readonly held: number; readonly block: Block };
  /** What is trained at every dimension. */
  readonly widths: readonly WidthSize[];
  /** Weights λ there, where 1 / 8s² is a half. */
  readonly widthWeights: readonly number[];
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke)
    return {
      ...{ dims: [64, 128, 256, 512], lieUpTo: 0, beside: [exact, relative], weights: [10] },
      strokes: { steps: 400, seeds: 1, rates: [0.03] },
      digits: { steps: 100, seeds: 1, rates: [0.01], train: 1000, held: 500, block: 4 },
      widths: [
        { steps: 10, dims: [16, 32], tunedUpTo: 16, rates: [1, 2] },
        { steps: 200, dims: [16], tunedUpTo: 16, rates: [1, 2] },
      ],
      widthWeights: [3],
    };
  const dims = [32, 64, 128, 256, 512, 1024];
  const tuned = { tunedUpTo: 256, rates: [0.5, 1, 2, 4] };
  if (!full)
    return {
      ...{ dims, lieUpTo: 1024, beside: [exact, relative, lie], weights: [1, 3, 10, 30] },
      strokes: { steps: 4000, seeds: 3, rates: [0.01, 0.03, 0.1] },
      digits: { steps: 1500, seeds: 1, rates: [0.005, 0.01, 0.02], train: 10_000, held: 2000, block: 2 },
      widths: [
        { ...tuned, steps: 10, dims },
        { ...tuned, steps: 200, dims: dims.filter((dim) => dim <= 512) },
      ],
      widthWeights: [1, 3, 10],
    };
  const allDims = [...dims, 2048, 4064];
  return {
    ...{
      dims: allDims,
      lieUpTo: 1024,
      beside: [exact, relative, lie],
      weights: [1, 3, 10, 30, 100],
    },
    strokes: { steps: 20_000, seeds: 5, rates: [0.003, 0.01, 0.03, 0.1] },
    digits: { steps: 10_000, seeds: 3, rates: [0.001, 0.003, 0.01], train: 50_000, held: 10_000, block: 1 },
    widths: [
      // An exact step at D = 4064 takes 24 s of processor time, so there it is four, at the rate that wins for ten.
      { ...tuned, steps: 4, dims: allDims, rates: [1] },
      { ...tuned, steps: 10, dims: [...dims, 2048] },
      { ...tuned, steps: 200, dims },
    ],
    widthWeights: [1, 3, 10],
  };
};

/**
 * The largest exponent that counts as quadratic, and by how much the exact one must be larger: less than 1, as an exact
 * step has products of B D² too, which weigh at these dimensions.
 */
const quadratic = 2.3;
const apart = 0.4;
/** Nats a column within which two likelihoods count as equal. */
const equal = 0.01;
/** Nats within which an end counts as the optimum. */
const atOptimum = 0.001;
/** Nats a column that the exact gradient must have gained from the start, or as likely as by it means nothing. */
const gainedEnough = 0.1;
/** The largest ‖x − (xW)R‖ / ‖x‖ of an approximate inverse. */
const approximate = 0.1;
/** Nats a column within which rows drawn with R are as likely as rows drawn with W^{-1}. */
const drawnAlike = 0.1;

/** Whether a part of the claim held, and the sentence that says so. */
interface Finding {
  readonly held: boolean;
  readonly sentence: string;
}

/** D² against the exact step's D³, over the upper half of the dimensions. */
export function judgeTimes(rows: readonly TimeRow[]): Finding {
  const dims = upperHalf([...new Set(rows.map(({ dim }) => dim))]);
  const [own, other, full] = ["self-normalizing", "relative", "exact"].map((name) =>
    exponent(rows, name, dims),
  );
  return {
    held: own <= quadratic && full >= own + apart,
    sentence: `From D = ${dims[0]} to ${dims.at(-1)} a step takes processor time as D^${own.toFixed(2)}, a relative one as D^${other.toFixed(2)}, an exact one as D^${full.toFixed(2)}.`,
  };
}

/** At the optimum where λ s² is large enough, away from it where it is not. */
export function judgeRest(rows: readonly RestRow[]): Finding {
  const isThere = ({ short }: RestRow) => short !== null && Math.abs(short) <= atOptimum;
  const at = (chosen: readonly RestRow[]) =>
    chosen.map(({ weightTimesVariance }) => weightTimesVariance).join(", ");
  const [stayed, left] = [rows.filter(isThere), rows.filter((row) => !isThere(row))];
  return {
    held: rows.every((row) => isThere(row) === row.stable),
    sentence: `In one normal column of variance s² training rests at the likelihood's optimum for λs² = ${at(stayed)} and leaves it for ${at(left)}; derived: 1/8.`,
  };
}

const named = (ends: readonly EndRow[], name: string) => ends.find((row) => row.case === name);

/** As likely as by the exact gradient, at the best rate and weight of each. */
export function judgeLikelihood(ends: readonly EndRow[]): Finding {
  const best = bestLearned(ends);
  const [full, other] = ["exact", "relative"].map((name) => named(ends, name)?.nats ?? Number.NaN);
  const short = full - best.nats;
  return {
    held: short <= equal * best.columns,
    sentence: `On ${best.table} (${best.columns} columns) held-out rows have ${best.nats.toFixed(2)} nats (${best.case}), ${full.toFixed(2)} by the exact gradient, ${other.toFixed(2)} by the relative one: ${(short / best.columns).toFixed(3)} a column short of exact; λ has to pass ${best.leastWeight.toPrecision(2)}.`,
  };
}

/** As likely as by the exact gradient after equal steps, with an approximate inverse at the end, at every dimension. */
export function judgeWidth(rows: readonly WidthRow[]): Finding {
  const dims = [...new Set(rows.map(({ dim }) => dim))];
  const points = dims.map((dim) => {
    const of = (name: string) => rows.find((row) => row.dim === dim && row.case.startsWith(name));
    const nats = (name: string) => of(name)?.nats ?? Number.NaN;
    const [full, own] = [nats("exact"), of("self-normalizing")];
    return {
      short: full - nats("self-normalizing"),
      relativeShort: full - nats("relative"),
      gained: full - (own?.start ?? Number.NaN),
      error: own?.lastInverseError ?? Number.NaN,
    };
  });
  const most = (of: "short" | "relativeShort" | "error") => Math.max(...points.map((point) => point[of]));
  const gained = Math.min(...points.map((point) => point.gained));
  return {
    held: most("short") <= equal && most("error") <= approximate && gained >= gainedEnough,
    sentence: `After ${rows[0].steps} steps at D = ${dims[0]} to ${dims.at(-1)} held-out rows are at most ${most("short").toFixed(4)} nats a column less likely than by the exact gradient, which gained ${gained.toFixed(2)} or more (${most("relativeShort").toFixed(4)} less by the relative one), and the learned inverse misses by at most ${percent(most("error"))}.`,
  };
}

/** An approximate inverse at every moment of training, by which rows can be drawn. */
export function judgeInverse(ends: readonly EndRow[]): Finding {
  const tables = [...new Set(ends.map(({ table }) => table))];
  const chosen = tables.map((table) => bestLearned(ends.filter((row) => row.table === table)));
  const largest = Math.max(...chosen.map((row) => row.largestInverseError ?? Number.NaN));
  const last = Math.max(...chosen.map((row) => row.lastInverseError ?? Number.NaN));
  const off = Math.max(
    ...chosen.map(({ drawnByR, drawnByInverse, columns }) =>
      Math.abs(((drawnByR ?? Number.NaN) - (drawnByInverse ?? Number.NaN)) / columns),
    ),
  );
  return {
    held: largest <= approximate && off <= drawnAlike,
    sentence: `The learned inverse of a layer misses by at most ${percent(largest)} of its input's length during training and ${percent(last)} at the end; the log-densities of rows drawn with it and with the exact one differ by at most ${off.toFixed(3)} nats a column.`,
  };
}

const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;

export const selfNormalizingLab: Lab = {
  name: "self-normalizing",
  claim:
    "With a learned inverse in place of W⁻¹ a step costs D² where an exact one costs D³, the likelihood ends equal to the exact gradient's, and the inverse stays close enough to draw rows with.",
  source: 'Keller, Peters, Jaini, Hoogeboom, Forré and Welling, "Self normalizing flows", ICML 2021',
  duration: "16 min",
  async run(options) {
    const size = sizeOf(options);
    const random = new Random(options.seed);
    const { strokes, digits } = size;
    // Read before anything is computed: the pictures may be missing.
    const pictures = await digitTables(digits.train, digits.held, digits.block, random.split("digits"));
    const times = [
      ...(await stepTimes(size.dims, options, [exact, relative, selfNormalizing()])),
      ...(await stepTimes(
        size.dims.filter((dim) => dim <= size.lieUpTo),
        options,
        [lie],
      )),
    ];
    const rests = await rest(options);
    const cases = casesOf(size);
    const comparisons: Comparison[] = [];
    const compareOn = async (tables: readonly Table[], howMuch: CompareSize) => {
      for (const table of tables) comparisons.push(await compare(table, cases, howMuch, options));
    };
    await compareOn(strokeTables(4000, random.split("strokes")), strokes);
    await compareOn(pictures, digits);
    const widths: WidthRow[][] = [];
    const widthCases = casesOf({ beside: [exact, relative], weights: size.widthWeights });
    for (const one of size.widths) widths.push(await width(one, widthCases, options));
    const findings = [
      judgeTimes(times),
      judgeRest(rests),
      ...comparisons.map(({ ends }) => judgeLikelihood(ends)),
      ...widths.map(judgeWidth),
      judgeInverse(comparisons.flatMap(({ ends }) => ends)),
    ];
    return {
      held: findings.every(({ held }) => held),
      verdict: findings
        .map(({ held, sentence }) => (held ? sentence : `Did not hold: ${sentence}`))
        .join(" "),
      figures: [
        ...times,
        ...rests,
        ...comparisons.flatMap(({ ends }) => ends),
        ...comparisons.flatMap(({ curves }) => curves),
        ...widths.flat(),
      ],
      svg: drawSelfNormalizing(times, comparisons, widths.flat()),
    };
  },
};

const casesOf = ({ beside, weights }: Pick<Size, "beside" | "weights">): Case[] => [
  ...beside.map((estimator) => ({ name: estimator.name, estimator })),
  ...weights.map((weight) => ({
    name: `self-normalizing, λ = ${weight}`,
    estimator: selfNormalizing({ weight }),
  })),
];
