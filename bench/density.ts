// npm run bench -- density --data DIR [--json]: held-out log-likelihood on real tables, in nats a row of standardised
// columns, of a Gaussian, a mixture of Gaussians (scikit-learn), the default flow, its twins with other Jacobian
// estimators, the published two-layer recipe, and in PyTorch MAF, RQ-NSF and RQ-NSF with a spline a column in front.
//
// The PyTorch flows have one thread, as the default has on such tables, and as many seconds as the default took on
// average over the seeds (or --peer-seconds), for each of the settings that validation chooses from.

import { type FitOptions, fit, LogdetError, type Model, type Table } from "logdet";
import { heldOut } from "./lib/held-out.js";
import { benchOptions, printRows } from "./lib/options.js";
import { densitySplit, withPeerRows } from "./lib/peer-rows.js";
import { runPeer } from "./lib/peers.js";
import { type BenchTable, benchTable, presentTables } from "./lib/tables.js";

const options = benchOptions({
  data: undefined,
  /** Default: all that are in the folder. */
  tables: undefined,
  models: "gaussian,gmm,default,one-net,exact,lu,self-normalizing,published,maf,nsf,nsf-front",
  seeds: "0,1,2",
  /** Fit at most so many rows of a table. */
  rows: "Infinity",
  /** Threads of scikit-learn; the flows have one. */
  threads: "2",
  "gmm-seconds": "120",
  /** Wall clock of every setting of a PyTorch flow. Default: what the default took. */
  "peer-seconds": undefined,
  /** Try so many of the settings of a PyTorch flow. */
  "peer-settings": "3",
});

/** A flow of the comparison: the default with these options changed. */
const flows: Readonly<Record<string, FitOptions>> = {
  default: {},
  "one-net": { search: false },
  "best-net": { members: 1, components: 1 },
  exact: { jacobian: "exact" },
  lu: { jacobian: "lu" },
  "self-normalizing": { jacobian: "self-normalizing" },
  relative: { jacobian: "relative" },
  published: { flow: "published" },
};
const classicalModels = ["gaussian", "gmm"];
const torchFlows = ["maf", "nsf", "nsf-front"];
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
  /** Null where a model found no finite likelihood: that is a result too. */
  readonly nats: number | null;
  readonly twoSE: number | null;
  readonly parameters: number | null;
  readonly seconds: number;
};

const rows: Row[] = [];
function report(row: Row): void {
  rows.push(row);
  console.error(JSON.stringify(row));
}

/** What is known of a fitted model; peers say more besides. */
type Result = Omit<Row, "table" | "dim" | "rows" | "seed">;

function reportResult(
  { name, fit: table, columns }: BenchTable,
  { model, nats, twoSE, parameters, seconds }: Result,
  seed: number | null,
): void {
  const [dim, rows] = [columns.length, table.rows];
  report({ table: name, dim, rows, model, seed, nats, twoSE, parameters, seconds });
}

/** Gaussian and mixture, on rows dequantised once. */
async function classical(table: BenchTable, wanted: readonly string[]): Promise<void> {
  const limits = ["--threads", options.text("threads") ?? "2"];
  limits.push("--max-seconds", options.text("gmm-seconds") ?? "120");
  const results = await withPeerRows(table, densitySplit(table.fit.rows, 1), (folder) =>
    runPeer("sklearn_density.py", [folder, ...limits]),
  );
  for (const result of results as Result[])
    if (wanted.includes(result.model)) reportResult(table, result, null);
}

/** The best setting of a PyTorch flow, each trained for so many seconds. */
async function torchFlow(table: BenchTable, model: string, seed: number, seconds: number): Promise<void> {
  const args = ["--model", model, "--seconds", String(seconds), "--seed", String(seed), "--threads", "1"];
  args.push("--settings", options.text("peer-settings") ?? "3");
  const [result] = await withPeerRows(table, densitySplit(table.fit.rows, seed), (folder) =>
    runPeer("torch_flows.py", [folder, ...args]),
  );
  reportResult(table, result as Result, seed);
}

/** The model fitted as its comparison wants; of several rates, the one that validation prefers. */
async function bestFit(table: Table, model: string, seed: number): Promise<Model> {
  const options = { ...flows[model], seed, validation: 1 / 9, calibration: 0 };
  if (model !== "published") return (await fit(table, options)).model;
  const epochs = (publishedSteps * 100) / (table.rows * (8 / 9));
  const models: Model[] = [];
  for (const learningRate of publishedRates)
    models.push((await fit(table, { ...options, epochs, learningRate })).model);
  const quality = ({ config }: Model) => config.metrics.validationLogProb;
  return models.reduce((best, other) => (quality(other) > quality(best) ? other : best));
}

/** Fits one of logdet's own flows; returns how long that took, in seconds. */
async function flow(table: BenchTable, model: string, seed: number): Promise<number> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  try {
    const fitted = await bestFit(table.fit, model, seed);
    const seconds = elapsed();
    const { parameters } = fitted.config.training;
    reportResult(table, { model, ...(await heldOut(fitted, table)), parameters, seconds }, seed);
    await fitted.release();
    return seconds;
  } catch (error) {
    if (!(error instanceof LogdetError) || error.code !== "training") throw error;
    console.error(`${table.name}, ${model}, seed ${seed}: ${error.message}`);
    const seconds = elapsed();
    reportResult(table, { model, nats: null, twoSE: null, parameters: null, seconds }, seed);
    return seconds;
  }
}

/** Every model that was asked for, on one table. */
async function compare(table: BenchTable): Promise<void> {
  const models = options.words("models");
  const seeds = options.numbers("seeds");
  const wanted = models.filter((model) => classicalModels.includes(model));
  if (wanted.length > 0) await classical(table, wanted);
  const defaultSeconds: number[] = [];
  for (const model of models.filter((name) => Object.hasOwn(flows, name)))
    for (const seed of seeds) {
      const seconds = await flow(table, model, seed);
      if (model === "default") defaultSeconds.push(seconds);
    }
  const budget = peerSeconds ?? defaultSeconds.reduce((a, b) => a + b, 0) / defaultSeconds.length;
  for (const model of models.filter((name) => torchFlows.includes(name)))
    for (const seed of seeds) await torchFlow(table, model, seed, budget);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

const data = options.text("data") ?? refuse("Say where the tables are: npm run bench -- density --data DIR");
const peerSeconds = options.text("peer-seconds") === undefined ? undefined : options.number("peer-seconds");
const known = [...classicalModels, ...Object.keys(flows), ...torchFlows];
for (const model of options.words("models"))
  if (!known.includes(model)) refuse(`There is no model ${model}: choose of ${known.join(", ")}.`);
if (
  peerSeconds === undefined &&
  !options.words("models").includes("default") &&
  options.words("models").some((model) => torchFlows.includes(model))
)
  refuse(
    "Say how long the PyTorch flows may take, --peer-seconds, or add the model default, whose time they get.",
  );

for (const name of options.text("tables") === undefined ? presentTables(data) : options.words("tables"))
  await compare(await benchTable(data, name, { rows: options.number("rows") }));
printRows(rows, options.json);
