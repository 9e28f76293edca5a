// npm run bench -- table-step [--json]: training steps per second of the default recipe at the widths of tables, one
// thread, beside the same recipe in PyTorch. A step is a batch of rows in memory, its gradient and the update; nothing
// is evaluated.

import {
  adam,
  analyzeColumns,
  denseFlow,
  InMemoryRows,
  jacobianEstimator,
  Random,
  recipes,
  type Table,
  TrainingStep,
  tableFromColumns,
} from "logdet";
import { benchOptions, printRows } from "./lib/options.js";
import { runPeer } from "./lib/peers.js";
import { median, medianTime } from "./lib/timing.js";

const options = benchOptions({
  dims: "6,16,36,64",
  batch: "256",
  threads: "1",
  /** Pieces of the curves in front. Default: the recipe's. */
  "front-bins": String(recipes.dense.frontBins),
  /** Time spent on each measurement of a round. */
  seconds: "2",
  /** Both are measured this often in turn, and the medians are reported: the machine's speed drifts. */
  rounds: "5",
});
const [batch, threads, seconds] = ["batch", "threads", "seconds"].map(options.number);
const dims = options.numbers("dims");
const frontBins = options.number("front-bins");

/** Steps timed together, so that what happens only now and then counts too. */
const block = 10;
const tableRows = 4096;

interface TorchRow {
  readonly dim: number;
  readonly stepsPerSecond: number;
}

function normalTable(dim: number, random: Random): Table {
  return tableFromColumns(
    Array.from({ length: dim }, (_, i) => ({
      name: `x${i}`,
      values: random.fillNormal(new Float64Array(tableRows)),
    })),
  );
}

/** Training steps per second of the default recipe. */
async function stepsPerSecond(dim: number): Promise<number> {
  const random = new Random(1);
  const { layers, activation, base, front, bins, jacobian } = recipes.dense;
  const table = normalTable(dim, random);
  const rows = new InMemoryRows(table, analyzeColumns(table).plans);
  const sample = (await rows.batches({ batchSize: tableRows, random }).next()).values;
  const flow = denseFlow({ dim, layers, activation, base, front, bins, frontBins, sample, random });
  const training = await TrainingStep.create(flow, {
    estimator: jacobianEstimator(jacobian),
    optimizer: adam(),
    threads,
  });
  const batches = rows.batches({ batchSize: batch, random });
  const place = new Float32Array(batch * dim);
  let taken = 0;
  const { ms } = await medianTime(
    async () => {
      for (let i = 0; i < block; i++) {
        await training.gradient((await batches.next(place)).values);
        await training.update(1e-4, ++taken);
      }
    },
    { seconds, warmup: 3 },
  );
  await training.release();
  return (1000 * block) / ms;
}

const own = new Map<number, number[]>(dims.map((dim) => [dim, []]));
const torch = new Map<number, number[]>(dims.map((dim) => [dim, []]));
for (let round = 0; round < options.number("rounds"); round++) {
  const peer = (await runPeer("torch_recipe.py", [
    ...["steps", "--dims", dims.join(","), "--batch", String(batch)],
    ...["--threads", String(threads), "--seconds", String(seconds), "--front-bins", String(frontBins)],
  ])) as TorchRow[];
  for (const { dim, stepsPerSecond } of peer) torch.get(dim)?.push(stepsPerSecond);
  for (const dim of dims) own.get(dim)?.push(await stepsPerSecond(dim));
  console.error(`round ${round + 1} of ${options.text("rounds")} done`);
}
printRows(
  dims.map((dim) => ({
    dim,
    batch,
    threads,
    stepsPerSecond: median(own.get(dim) ?? []),
    torchStepsPerSecond: median(torch.get(dim) ?? []),
  })),
  options.json,
);
