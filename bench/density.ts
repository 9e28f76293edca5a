// npm run bench -- density --data DIR [--json]: held-out log-likelihood on real tables, in nats a row of standardised
// columns, of a Gaussian, a mixture of Gaussians (scikit-learn), the default flow, its exact-gradient twin and the
// published two-layer recipe.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FitOptions, fit, type Model, Random, splitRows, standardizedRows, type Table } from "logdet";
import { writeNpy } from "./lib/npy.js";
import { benchOptions, printRows } from "./lib/options.js";
import { runPeer } from "./lib/peers.js";
import { type BenchTable, benchTable } from "./lib/tables.js";

const options = benchOptions({
  data: undefined,
  tables: "pendigits,satellite,shuttle,annthyroid,mammography,power_slice",
  models: "gaussian,gmm,default,exact,published",
  seeds: "0,1,2",
  threads: "2",
  "gmm-seconds": "120",
});

/** A flow of the comparison: the default with these options changed. */
const flows: Readonly<Record<string, FitOptions>> = {
  default: {},
  exact: { jacobian: "exact" },
  relative: { jacobian: "relative" },
  published: { flow: "published" },
};
/** The published recipe's steps are cheap, a tenth of a millisecond: it gets ten times the default's. */
const publishedSteps = 30_000;
/** It names no rate that suits every table: the best of these by validation is reported, its seconds for all. */
const publishedRates = [1e-2, 2e-2, 5e-2];

type Row = {
  readonly table: string;
  readonly dim: number;
  readonly rows: number;
  readonly model: string;
  readonly seed: number | null;
  readonly nats: number;
  readonly twoSE: number;
  readonly parameters: number;
  readonly seconds: number;
};

const rows: Row[] = [];
function report(row: Row): void {
  rows.push(row);
  console.error(JSON.stringify(row));
}

function summary(values: ArrayLike<number>): { nats: number; twoSE: number } {
  const list = Array.from(values);
  const nats = list.reduce((a, b) => a + b, 0) / list.length;
  const variance = list.reduce((a, b) => a + (b - nats) ** 2, 0) / (list.length - 1);
  return { nats, twoSE: 2 * Math.sqrt(variance / list.length) };
}

/** Gaussian and mixture, on rows dequantised once. */
async function classical({ name, fit: table, columns, test }: BenchTable): Promise<void> {
  const wanted = options.words("models").filter((model) => ["gaussian", "gmm"].includes(model));
  if (wanted.length === 0) return;
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  try {
    const dim = columns.length;
    const { train, validation } = splitRows(table.rows, 1 / 9, new Random(1));
    const part = (indices: Uint32Array) => standardizedRows(table, columns, indices, new Random(2));
    for (const [file, data] of [
      ["train", part(train)],
      ["validation", part(validation)],
      ["test", test],
    ] as const)
      await writeNpy(join(folder, `${file}.npy`), {
        shape: [data.length / dim, dim],
        data: Float64Array.from(data),
      });
    const limits = [
      "--threads",
      options.text("threads") ?? "2",
      "--max-seconds",
      options.text("gmm-seconds") ?? "120",
    ];
    for (const result of (await runPeer("sklearn_density.py", [folder, ...limits])) as Omit<Row, "table">[])
      if (wanted.includes(result.model)) {
        const { model, nats, twoSE, parameters, seconds } = result;
        report({ table: name, dim, rows: table.rows, model, seed: null, nats, twoSE, parameters, seconds });
      }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The model fitted as its comparison wants; of several rates, the one that validation prefers. */
async function bestFit(table: Table, model: string, seed: number): Promise<Model> {
  const options = { ...flows[model], seed, validation: 1 / 9 };
  if (model !== "published") return (await fit(table, options)).model;
  const epochs = (publishedSteps * 100) / (table.rows * (8 / 9));
  const models: Model[] = [];
  for (const learningRate of publishedRates)
    models.push((await fit(table, { ...options, epochs, learningRate })).model);
  const quality = ({ config }: Model) => config.metrics.validationLogProb;
  return models.reduce((best, other) => (quality(other) > quality(best) ? other : best));
}

async function flow(
  { name, fit: table, columns, test }: BenchTable,
  model: string,
  seed: number,
): Promise<void> {
  const dim = columns.length;
  const started = performance.now();
  const fitted = await bestFit(table, model, seed);
  const seconds = (performance.now() - started) / 1000;
  const original = Float64Array.from(
    test,
    (value, i) => value * columns[i % dim].standardDeviation + columns[i % dim].mean,
  );
  const units = columns.reduce((total, column) => total + Math.log(column.standardDeviation), 0);
  const logProb = (await fitted.logProb(original)).map((value) => value + units);
  const { parameters } = fitted.config.training;
  report({ table: name, dim, rows: table.rows, model, seed, ...summary(logProb), parameters, seconds });
  await fitted.release();
}

const folder = options.text("data");
if (!folder) {
  console.error("Say where the tables are: npm run bench -- density --data DIR");
  process.exit(2);
}
for (const name of options.words("tables")) {
  const table = await benchTable(folder, name);
  await classical(table);
  for (const model of options.words("models").filter((word) => word in flows))
    for (const seed of options.numbers("seeds")) await flow(table, model, seed);
}
printRows(rows, options.json);
