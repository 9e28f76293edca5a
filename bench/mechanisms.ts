// npm run bench -- mechanisms [--json]: nonlinear sources found with and without the contrast of independent mechanism
// analysis, where the true mixing moves the columns in orthogonal directions: how near the sources come to the true ones.
//
// A row a mixing and weight: over the seeds, the mean correlation coefficient's mean, least and largest; how many seeds
// are nearer than without the contrast; the mean contrast and log-density. "linear" is the start of them all.

import { ica, LogdetError, matchSources, nonlinearIca, Random, tableFromColumns } from "logdet";
import { benchOptions, printRows } from "./lib/options.js";

const options = benchOptions({
  mixings: "logarithmic-polar,polar",
  weights: "0,0.3,1",
  seeds: "0,1,2,3,4,5,6,7",
  rows: "4000",
  steps: "3000",
});

interface Mixing {
  /** One source's draw. */
  readonly draw: (random: Random) => number;
  readonly mix: (a: number, b: number) => [number, number];
}

/** A Laplace variable of scale 0.3, redrawn beyond 1: a radius must stay above 0. */
function shortLaplace(random: Random): number {
  const value = 0.3 * Math.log(random.uniform()) * (random.uniform() < 0.5 ? 1 : -1);
  return Math.abs(value) < 1 ? value : shortLaplace(random);
}

const around = (radius: number, angle: number): [number, number] => [
  radius * Math.cos(angle),
  radius * Math.sin(angle),
];

const mixings: Readonly<Record<string, Mixing>> = {
  "logarithmic-polar": {
    draw: (random) => 0.2 * Math.log(1 / (1 - random.uniform()) - 1),
    mix: (a, b) => around(Math.exp(0.8 * a), b),
  },
  // z ↦ 1 / (z − 2): conformal, and uniform sources have sharp edges.
  moebius: {
    draw: (random) => 2 * random.uniform() - 1,
    mix: (a, b) => {
      const square = (a - 2) ** 2 + b ** 2;
      return [(a - 2) / square, -b / square];
    },
  },
  polar: { draw: shortLaplace, mix: (a, b) => around(2 + a, 1.2 * b) },
};

/** Sources, and the table of their mixture, turned by an angle of its own. */
function example({ draw, mix }: Mixing, seed: number, rows: number) {
  const random = new Random(seed).split("data");
  const sources = [0, 1].map(() => Float64Array.from({ length: rows }, () => draw(random)));
  const turn = 2 * Math.PI * random.uniform();
  const columns = [new Float64Array(rows), new Float64Array(rows)];
  for (let i = 0; i < rows; i++) {
    const [x, y] = mix(sources[0][i], sources[1][i]);
    columns[0][i] = Math.cos(turn) * x - Math.sin(turn) * y;
    columns[1][i] = Math.sin(turn) * x + Math.cos(turn) * y;
  }
  return { sources, table: tableFromColumns(columns.map((values, d) => ({ name: `x${d}`, values }))) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const found: Readonly<Record<string, unknown>>[] = [];
for (const name of options.words("mixings")) {
  const mixing = mixings[name];
  if (!mixing)
    throw new LogdetError("usage", `there is no mixing named ${name}`, {
      hint: `Choose among ${Object.keys(mixings).join(", ")}.`,
    });
  const examples = options
    .numbers("seeds")
    .map((seed) => ({ seed, ...example(mixing, seed, options.number("rows")) }));
  const mccOf = (of: { sources: readonly { values: Float64Array }[] }, truth: readonly Float64Array[]) =>
    matchSources(
      of.sources.map(({ values }) => values),
      truth,
    ).mcc;
  const row = (method: string, mccs: readonly number[], free: readonly number[] | undefined) => ({
    mixing: name,
    method,
    mcc: mean(mccs),
    least: Math.min(...mccs),
    most: Math.max(...mccs),
    nearer: free ? mccs.filter((mcc, i) => mcc > free[i]).length : null,
  });
  const linear: number[] = [];
  const linearLogProbs: number[] = [];
  for (const { table, sources } of examples) {
    const separation = await ica(table);
    linear.push(mccOf(separation, sources));
    linearLogProbs.push(separation.logProb ?? Number.NaN);
  }
  found.push({
    ...row("linear", linear, undefined),
    contrast: null,
    logProb: mean(linearLogProbs),
    seconds: null,
  });
  let free: number[] | undefined;
  for (const weight of options.numbers("weights")) {
    const mccs: number[] = [];
    const runs: Awaited<ReturnType<typeof nonlinearIca>>[] = [];
    for (const { table, sources, seed } of examples) {
      const run = await nonlinearIca(table, {
        independentMechanisms: weight,
        steps: options.number("steps"),
        seed,
      });
      runs.push(run);
      mccs.push(mccOf(run, sources));
    }
    found.push({
      ...row(`weight ${weight}`, mccs, weight === 0 ? undefined : free),
      contrast: mean(runs.map(({ contrast }) => contrast)),
      logProb: mean(runs.map(({ logProb }) => logProb ?? Number.NaN)),
      seconds: mean(runs.map(({ seconds }) => seconds)),
    });
    if (weight === 0) free = mccs;
  }
}
printRows(found, options.json);
