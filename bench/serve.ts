// npm run bench -- serve [--json]: requests a second and their times, of one row and of 1,000 rows, over loopback at 1, 16
// and 64 connections, beside the rows a second of the same model asked in process, by logdet and by ONNX Runtime.
//
// --dim 8        columns of the model
// --rows 1,1000  rows of a request
// --connections 1,16,64
// --formats binary,json   how tensors travel; "ranked" is binary with p-values
// --seconds 3    measured, after one to warm up, and four after the server's start
// --minutes 0    of load at 16 connections at the end, after which the slope of the server's memory is told
//
// Rows and models are made up from seed 1: speed does not depend on the weights. Client and server are processes of their
// own on one machine, and share its cores.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fit, type Model, Random } from "logdet";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { benchOptions, printRows } from "./lib/options.js";
import type { Load } from "./lib/serve-load.js";
import { Client, startServer } from "./lib/serve-processes.js";
import { medianTime } from "./lib/timing.js";

const options = benchOptions({
  dim: "8",
  rows: "1,1000",
  connections: "1,16,64",
  formats: "binary,json,ranked",
  seconds: "3",
  minutes: "0",
});
const dim = options.number("dim");
const seconds = options.number("seconds");

/** Correlated, skewed columns, as `npm run bench -- sample` has them. */
function made(rows: number): Float64Array[] {
  const noise = new Random(1).fillNormal(new Float64Array(rows * dim));
  return Array.from({ length: dim }, (_, d) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const [here, next] = [noise[row * dim + d], noise[row * dim + ((d + 1) % dim)]];
      return here + 0.5 * next + 0.1 * here * here;
    }),
  );
}

function rowsOf(count: number): Float64Array {
  const columns = made(count);
  return Float64Array.from({ length: count * dim }, (_, i) => columns[i % dim][Math.floor(i / dim)]);
}

type Format = "binary" | "json" | "ranked";

/** A request for the log-densities of these rows; "ranked": for their p-values, too. */
function requestOf(rows: Float64Array, format: Format): Pick<Load, "path" | "headers" | "body"> {
  const shape = [rows.length / dim, dim];
  const names = format === "ranked" ? ["log_prob", "p_value"] : ["log_prob"];
  const isBinary = format !== "json";
  const bytes = new Uint8Array(rows.buffer);
  const input = isBinary ? { parameters: { binary_data_size: bytes.length } } : { data: Array.from(rows) };
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: "x", shape, datatype: "FP64", ...input }],
      outputs: names.map((name) => ({ name, parameters: { binary_data: isBinary } })),
    }),
  );
  return {
    path: "/v2/models/bench/infer",
    headers: isBinary
      ? { "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": String(head.length) }
      : { "Content-Type": "application/json" },
    body: (isBinary ? Buffer.concat([head, bytes]) : head).toString("base64"),
  };
}

/** Rows a second of the model in this process, asked for as many at a time; and of its ONNX file. */
async function inProcess(model: Model, folder: string, count: number) {
  const rows = rowsOf(count);
  const own = await medianTime(async () => void (await model.logProb(rows)), { seconds: 1, warmup: 20 });
  const ranked = await medianTime(async () => void (await model.pValues(rows)), { seconds: 1 });
  const session = await InferenceSession.create(await readFile(join(folder, "onnx/log_prob.onnx")), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const x = new Tensor("float64", rows, [count, dim]);
  const onnx = await medianTime(async () => void (await session.run({ x }, ["log_prob"])), { seconds: 1 });
  await session.release();
  const perSecond = ({ ms }: { ms: number }) => Math.round((count / ms) * 1000);
  return { logdet: perSecond(own), ranked: perSecond(ranked), onnxRuntime: perSecond(onnx) };
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/** Bytes a minute, by least squares. */
function slope(points: readonly { minute: number; bytes: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ minute }) => minute)), mean(points.map(({ bytes }) => bytes))];
  const covariance = mean(points.map(({ minute, bytes }) => (minute - x) * (bytes - y)));
  return covariance / mean(points.map(({ minute }) => (minute - x) ** 2));
}

const folder = await mkdtemp(join(tmpdir(), "logdet-bench-"));
const path = join(folder, "bench.logdet");
const client = new Client();
const results = [];
try {
  const table = Object.fromEntries(made(2000).map((values, d) => [`x${d + 1}`, values]));
  const { model } = await fit(table, { search: false, epochs: 10, threads: 1 });
  await model.save(path);
  const raw = new Map<number, Awaited<ReturnType<typeof inProcess>>>();
  for (const count of options.numbers("rows")) raw.set(count, await inProcess(model, path, count));
  await model.release();

  const server = await startServer(path);
  try {
    // A server that has just started compiles as it goes, and its first seconds are its slowest.
    const first = { ...requestOf(rowsOf(1), "json"), url: server.url, connections: 16 };
    await client.run({ ...first, warmup: 0, seconds: 4 });
    for (const count of options.numbers("rows"))
      for (const format of options.words("formats") as Format[])
        for (const connections of options.numbers("connections")) {
          const load = { ...requestOf(rowsOf(count), format), url: server.url, connections };
          const { latencies, requests, failures, ...took } = await client.run({
            ...load,
            warmup: 0.5,
            seconds,
          });
          const sorted = latencies.toSorted((a, b) => a - b);
          const { logdet, ranked, onnxRuntime } = raw.get(count)!;
          const rowsPerSecond = (count * requests) / took.seconds;
          results.push({
            ...{ rows: count, format, connections, failures },
            requestsPerSecond: requests / took.seconds,
            rowsPerSecond: Math.round(rowsPerSecond),
            p50Ms: quantile(sorted, 0.5),
            p99Ms: quantile(sorted, 0.99),
            slowestMs: sorted[sorted.length - 1],
            inProcessRowsPerSecond: format === "ranked" ? ranked : logdet,
            onnxRuntimeRowsPerSecond: onnxRuntime,
            shareOfInProcess: rowsPerSecond / (format === "ranked" ? ranked : logdet),
            shareOfOnnxRuntime: rowsPerSecond / onnxRuntime,
          });
        }
    if (options.number("minutes") > 0) results.push(await memoryUnderLoad(server));
  } finally {
    await server.stop();
  }
} finally {
  client.stop();
  await rm(folder, { recursive: true });
}
printRows(results, options.json);

/** Load for some minutes, a look at the server's memory every few seconds; the first fifth is not counted. */
async function memoryUnderLoad(server: Awaited<ReturnType<typeof startServer>>) {
  const minutes = options.number("minutes");
  const points: { minute: number; bytes: number }[] = [];
  const started = performance.now();
  const load = {
    ...requestOf(rowsOf(1000), "binary"),
    url: server.url,
    connections: 16,
    warmup: 0,
    seconds: 5,
  };
  for (let minute = 0; minute < minutes; minute = (performance.now() - started) / 60_000) {
    await client.run(load);
    const bytes = server.memory();
    if (bytes !== null && minute > minutes / 5) points.push({ minute, bytes });
  }
  const megabytes = (bytes: number) => bytes / 1e6;
  return {
    rows: 1000,
    format: `memory, ${minutes} min`,
    connections: 16,
    looks: points.length,
    megabytes: points.length > 0 ? megabytes(points[points.length - 1].bytes) : null,
    megabytesPerMinute: points.length > 2 ? megabytes(slope(points)) : null,
  };
}
