// npm run bench -- shift-level [--json]: how often `detectShift` says drift of two tables of one distribution, which is to be
// the level at most. A row a case: `complete`, three dependent columns; `missing`, the same with a fifth of the second
// column missing at random, and half of the third where the first is above 0.5.
//
// drift and named are the pairs with a verdict of drift and with a column named, rate is drift / pairs, and p is the
// probability of so many verdicts or more if each pair had one with probability of the level.

import { detectShift, Random, type Table, tableFromColumns } from "logdet";
import { benchOptions, printRows } from "./lib/options.js";

const options = benchOptions({
  pairs: "150",
  cases: "complete,missing",
  /** Rows of the reference, and new ones. */
  reference: "200",
  current: "150",
  level: "0.05",
  permutations: "99",
  seed: "0",
});

/** Rows whose columns lean on each other: a normal, one that is near its double, and one with a heavy side. */
function rowsOf(count: number, missing: boolean, random: Random): Table {
  const columns = [0, 1, 2].map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    const a = random.normal();
    columns[0][i] = a;
    columns[1][i] = missing && random.uniform() < 0.2 ? Number.NaN : 2 * a + random.normal();
    columns[2][i] =
      missing && a > 0.5 && random.uniform() < 0.5 ? Number.NaN : Math.exp(0.5 * a + random.normal());
  }
  return tableFromColumns(
    columns.map((values, d) => ({ name: `x${d + 1}`, values })),
    { missing: "cells" },
  );
}

/** P(K ≥ count), K of so many trials of this probability. */
function atLeast(count: number, trials: number, probability: number): number {
  let term = (1 - probability) ** trials;
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += term;
    term *= ((trials - k) / (k + 1)) * (probability / (1 - probability));
  }
  return Math.max(0, 1 - below);
}

const [pairs, level] = [options.number("pairs"), options.number("level")];
const rows = [];
for (const name of options.words("cases")) {
  if (name !== "complete" && name !== "missing") {
    console.error(`There is no case ${name}: choose of complete, missing.`);
    process.exit(2);
  }
  const random = new Random(options.number("seed")).split(name);
  const started = performance.now();
  let [drift, named] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const shift = await detectShift(
      rowsOf(options.number("reference"), name === "missing", random),
      rowsOf(options.number("current"), name === "missing", random),
      { alpha: level, permutations: options.number("permutations"), seed: pair },
    );
    if (shift.drift) drift++;
    if (shift.columns.some(({ moved }) => moved)) named++;
    if ((pair + 1) % 10 === 0)
      console.error(`${name}: ${drift} of ${pair + 1} pairs, a column named in ${named}`);
  }
  const seconds = (performance.now() - started) / 1000;
  rows.push({
    case: name,
    pairs,
    level,
    drift,
    named,
    rate: drift / pairs,
    p: atLeast(drift, pairs, level),
    seconds,
  });
}
printRows(rows, options.json);
