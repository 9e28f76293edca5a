// npm run bench -- fit --data DIR [--json]: the wall clock of the command `logdet fit`, from the start of its process to
// the saved model, on each table; the held-out log-likelihood it reaches; and the same of the same recipe in PyTorch,
// on the same rows with as many steps, the same schedule and the same amounts of input noise, on one thread, which is
// what the command chooses below 128 columns.
//
// Likelihoods are nats a row of standardised columns, on the test rows. Who was first is told by the validation rows,
// which both have in common: secondsToTorchNats is when logdet's progress first told of as much as PyTorch's final
// model has (it tells once a second at most), torchSecondsToNats the other way round; null: never.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LogdetError, load, type ModelConfig, writeTable } from "logdet";
import { heldOut, unitsLogDet } from "./lib/held-out.js";
import { benchOptions, printRows } from "./lib/options.js";
import { fitSplit, withPeerRows } from "./lib/peer-rows.js";
import { runPeer } from "./lib/peers.js";
import { type Reached, secondsTo, toldNats } from "./lib/progress.js";
import { type BenchTable, benchTable, presentTables } from "./lib/tables.js";

const options = benchOptions({
  data: undefined,
  /** Default: all that are in the folder. */
  tables: undefined,
  /** Fit at most so many rows of a table. */
  rows: "Infinity",
  seed: "0",
  /** Passes over the rows. Default: what `logdet fit` chooses; PyTorch takes as many steps. */
  epochs: undefined,
});
const seed = options.number("seed");

/** The command as npm users get it. */
const command = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** One run of a program, from its start to its end. */
interface Finished {
  readonly seconds: number;
  /** Validation likelihoods as they became known, in the file's units. */
  readonly told: readonly Reached[];
}

/** Fits the CSV file `data` into `folder`. */
async function runFit(data: string, folder: string): Promise<Finished> {
  const epochs = options.text("epochs");
  const args = [command, "fit", data, "--out", folder, "--json", "--seed", String(seed)];
  // Peers learn from all rows too.
  args.push("--calibration", "0");
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const child = spawn(process.execPath, [...args, ...(epochs === undefined ? [] : ["--epochs", epochs])], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "exit").then(([code]) => ({ code, seconds: elapsed() }));
  const output = text(child.stdout);
  const told: Reached[] = [];
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const nats = toldNats(line);
    if (nats !== undefined) told.push({ seconds: elapsed(), nats });
  }
  const { code, seconds } = await closed;
  await output;
  if (code !== 0)
    throw new LogdetError("io", `logdet fit ended with exit code ${code}: ${lines.join("\n")}`, {
      where: [data],
    });
  return { seconds, told };
}

interface TorchFit {
  readonly nats: number;
  readonly validation: number;
  readonly seconds: number;
  readonly curve: readonly Reached[];
}

/** The amounts of input noise that the fit tried: some only where its best net overfitted. */
const noises = (runs: ModelConfig["training"]["runs"]) =>
  [...new Set(runs?.map(({ noise }) => noise) ?? [0])].join(",");

/** The same recipe in PyTorch, as the finished fit was trained. */
async function torchFit(table: BenchTable, { training }: ModelConfig): Promise<TorchFit> {
  const { steps, batch, learningRate, runs, curve } = training;
  const evaluateEvery = Math.max(1, (curve[1]?.step ?? steps) - (curve[0]?.step ?? 0));
  const [result] = await withPeerRows(table, fitSplit(table.fit.rows, seed), (folder) =>
    runPeer("torch_recipe.py", [
      ...["train", folder, "--seed", String(seed), "--threads", "1", "--steps", String(steps)],
      ...["--batch", String(batch), "--rate", String(learningRate)],
      ...["--evaluate-every", String(evaluateEvery), "--noise", noises(runs)],
    ]),
  );
  return result as TorchFit;
}

async function compare(table: BenchTable) {
  const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
  try {
    const data = join(folder, `${table.name}.csv`);
    await writeTable(
      table.fit.columns.map(({ name, values }) => ({ name, values: Float64Array.from(values) })),
      { path: data },
    );
    const saved = join(folder, "model.logdet");
    const { seconds, told } = await runFit(data, saved);
    const model = await load(saved);
    const { nats } = await heldOut(model, table);
    const { config } = model;
    await model.release();

    const torch = await torchFit(table, config);
    const units = unitsLogDet(table.columns);
    const validation = config.metrics.validationLogProb + units;
    const curve = [
      ...told.map((point) => ({ ...point, nats: point.nats + units })),
      { seconds, nats: validation },
    ];
    return {
      table: table.name,
      dim: table.columns.length,
      rows: table.fit.rows,
      seconds,
      nats,
      torchNats: torch.nats,
      torchSeconds: torch.seconds,
      secondsToTorchNats: secondsTo(torch.validation, curve),
      torchSecondsToNats: secondsTo(validation, torch.curve),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const data = options.text("data");
if (data === undefined) {
  console.error("Say where the tables are: npm run bench -- fit --data DIR");
  process.exit(2);
}
const rows = [];
for (const name of options.text("tables") === undefined ? presentTables(data) : options.words("tables")) {
  rows.push(await compare(await benchTable(data, name, { rows: options.number("rows") })));
  console.error(JSON.stringify(rows.at(-1)));
}
printRows(rows, options.json);
