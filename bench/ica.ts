// npm run bench -- ica --data FILE.npy [--truth FILE.npy] [--json]: linear sources found by logdet and by scikit-learn's
// FastICA, one thread each: time, how well sources match true ones, and how well they match those of other seeds.
//
// A row a method and setting: mean seconds and CPU seconds of a fit over the seeds, mean passes or iterations; over all
// pairs of seeds, the mean |correlation| of matched sources and the share above 0.95; with --truth, the least
// |correlation| and the mean. logdet's first start does not depend on the seed: with one start all
// seeds give the same.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IcaOptions, ica, LogdetError, matchSources, tableFromColumns } from "logdet";
import { readNpy } from "./lib/npy.js";
import { benchOptions, printRows } from "./lib/options.js";
import { runPeer } from "./lib/peers.js";

const options = benchOptions({
  data: undefined,
  truth: undefined,
  seeds: "0,1,2",
  /** Starts of logdet, the likeliest kept. */
  starts: "1,4",
  /** FastICA's own, and one at which it comes to rest. */
  tolerances: "1e-4,1e-6",
  threads: "1",
});

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly iterations: number;
  readonly sources: readonly Float64Array[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function readColumns(path: string): Promise<Float64Array[]> {
  const { data, shape } = await readNpy(path);
  const [rows, dim] = shape;
  return Array.from({ length: dim }, (_, d) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * dim + d]),
  );
}

function report(method: string, runs: readonly Run[], truth: readonly Float64Array[] | undefined) {
  const pairs = runs.flatMap(({ sources }, i) =>
    runs.slice(i + 1).flatMap((other) => matchSources(other.sources, sources).perSource),
  );
  const known = truth && runs.map(({ sources }) => matchSources(sources, truth));
  return {
    method,
    seconds: mean(runs.map(({ seconds }) => seconds)),
    cpuSeconds: mean(runs.map(({ cpuSeconds }) => cpuSeconds)),
    iterations: mean(runs.map(({ iterations }) => iterations)),
    matched: pairs.length === 0 ? null : mean(pairs),
    stable: pairs.length === 0 ? null : pairs.filter((value) => value > 0.95).length / pairs.length,
    leastTrue: known ? Math.min(...known.flatMap(({ perSource }) => perSource)) : null,
    mcc: known ? mean(known.map(({ mcc }) => mcc)) : null,
  };
}

const path = options.text("data");
if (path === undefined)
  throw new LogdetError("usage", "which data?", { hint: "npm run bench -- ica --data FILE.npy" });
const table = tableFromColumns((await readColumns(path)).map((values, d) => ({ name: `x${d}`, values })));
const truthPath = options.text("truth");
const truth = truthPath === undefined ? undefined : await readColumns(truthPath);
const seeds = options.numbers("seeds");

async function ours(settings: IcaOptions): Promise<Run> {
  const before = process.cpuUsage();
  const { seconds, passes, sources } = await ica(table, settings);
  const { user, system } = process.cpuUsage(before);
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    iterations: passes,
    sources: sources.map(({ values }) => values),
  };
}

const rows: ReturnType<typeof report>[] = [];
// The first run compiles the kernels.
await ours({});
for (const starts of options.numbers("starts")) {
  const runs: Run[] = [];
  for (const seed of seeds) runs.push(await ours({ starts, seed }));
  rows.push(report(`logdet, ${starts} start${starts === 1 ? "" : "s"}`, runs, truth));
}
const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
try {
  const args = [path, folder, "--seeds", seeds.join(","), "--threads", options.text("threads") ?? "1"];
  const lines = (await runPeer("sklearn_ica.py", [
    ...args,
    "--tolerances",
    options.words("tolerances").join(","),
  ])) as (Omit<Run, "sources"> & { tolerance: number; sources: string })[];
  for (const tolerance of options.numbers("tolerances")) {
    const runs: Run[] = [];
    for (const line of lines)
      if (line.tolerance === tolerance) runs.push({ ...line, sources: await readColumns(line.sources) });
    rows.push(report(`FastICA, tol ${tolerance}`, runs, truth));
  }
} finally {
  await rm(folder, { recursive: true });
}
printRows(rows, options.json);
