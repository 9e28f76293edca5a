// npm run bench -- step [--json]: one training step (forward, backward, optimizer) rule by rule, beside the bare
// matrix products of the same step, and PyTorch with the same arithmetic and with the naive exact gradient.

import { adam, denseFlow, jacobianEstimator, Random, TrainingStep } from "logdet";
import { measureProducts } from "./lib/matmul-limit.js";
import { benchOptions, printRows } from "./lib/options.js";
import { runPeer } from "./lib/peers.js";
import { median, medianTime, slope } from "./lib/timing.js";

const options = benchOptions({
  dims: "64,256,512,784,1024,2048,4096",
  rules: "relative,relative-affine,published,lie,exact",
  batch: "100",
  layers: "2",
  threads: "2",
  /** Time spent on each measurement of a round. */
  seconds: "1.5",
  /** Everything is measured this often in turn, and the medians are reported: the machine's speed drifts. */
  rounds: "3",
  /** Rules that cost D³ a step are not measured beyond this dimension. */
  "max-cubic-dim": "1024",
  "max-naive-dim": "2048",
  /** How PyTorch is set up: as Debian ships it, or with its thread pools tuned. */
  tuning: "stock,tuned",
});
const [batch, layers, threads, seconds] = ["batch", "layers", "threads", "seconds"].map(options.number);

interface TorchRow {
  readonly dim: number;
  readonly rule: "relative" | "naive";
  readonly ms: number | null;
}

async function torch(dim: number, tuning: string): Promise<Partial<Record<string, number>>> {
  const rows = (await runPeer("torch_step.py", [
    ...["--dims", String(dim), "--batch", String(batch), "--layers", String(layers)],
    ...["--threads", String(threads), "--seconds-per-case", String(seconds), "--tuning", tuning],
    ...["--max-naive-dim", options.text("max-naive-dim") ?? "2048", "--rules", "relative,naive"],
  ])) as TorchRow[];
  return Object.fromEntries(rows.map(({ rule, ms }) => [rule, ms ?? undefined]));
}

async function step(dim: number, rule: string): Promise<number | null> {
  const cubic = rule === "exact" || rule === "lie";
  if (cubic && dim > options.number("max-cubic-dim")) return null;
  const random = new Random(1);
  const flow = denseFlow({
    dim,
    layers,
    activation: "smooth-leaky-relu",
    base: "normal",
    front: false,
    random,
  });
  const training = await TrainingStep.create(flow, {
    estimator: jacobianEstimator(rule),
    optimizer: adam(),
    threads,
  });
  const x = random.fillNormal(new Float32Array(batch * dim));
  let taken = 0;
  const { ms } = await medianTime(
    async () => {
      await training.gradient(x);
      await training.update(1e-4, ++taken);
    },
    { seconds, minimumRuns: 5, warmup: 3 },
  );
  await training.release();
  return ms;
}

/** Everything for one dimension, once. */
async function round(dim: number): Promise<Map<string, number | null>> {
  const tunings = options.words("tuning");
  const stock = tunings.includes("stock") ? await torch(dim, "stock") : {};
  const tuned = tunings.includes("tuned") ? await torch(dim, "tuned") : {};
  const found = new Map<string, number | null>([
    ["productsMs", (await measureProducts({ dim, batch, layers, threads, seconds })).ms],
    ["torchRelativeMs", stock.relative ?? null],
    ["torchNaiveMs", stock.naive ?? null],
    ["torchTunedRelativeMs", tuned.relative ?? null],
    ["torchTunedNaiveMs", tuned.naive ?? null],
  ]);
  for (const rule of options.words("rules")) found.set(rule, await step(dim, rule));
  return found;
}

const rows = [];
for (const dim of options.numbers("dims")) {
  const rounds: Map<string, number | null>[] = [];
  for (let i = 0; i < options.number("rounds"); i++) rounds.push(await round(dim));
  const middle = (key: string) => {
    const values = rounds.map((found) => found.get(key) ?? null).filter((ms) => ms !== null);
    return values.length > 0 ? median(values) : null;
  };
  const peers = [
    "productsMs",
    "torchRelativeMs",
    "torchNaiveMs",
    "torchTunedRelativeMs",
    "torchTunedNaiveMs",
  ].map((key) => [key, middle(key)]);
  for (const rule of options.words("rules")) {
    rows.push({ dim, batch, layers, rule, ms: middle(rule), ...Object.fromEntries(peers) });
    console.error(JSON.stringify(rows.at(-1)));
  }
}
printRows(rows, options.json);
const relative = rows.filter(({ rule, ms, dim }) => rule === "relative" && ms !== null && dim >= 512);
if (relative.length > 1)
  console.error(
    `log-log slope of the relative step from D = 512: ${slope(relative.map(({ dim, ms }) => ({ x: dim, y: ms as number }))).toFixed(3)}`,
  );
