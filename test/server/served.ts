// Servers for tests: models in a folder of the test file's own, the app without a socket, and with one.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fit } from "../../src/fit/index.js";
import type { ColumnConfig, Model } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import {
  type AppOptions,
  createApp,
  Log,
  Metrics,
  Models,
  type ServeOptions,
  type Serving,
  serve,
} from "../../src/server/index.js";
import { exampleModel, exampleRows } from "../model/example-model.js";

/** A folder of this test file's own, gone when its tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "logdet-server-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const names = ["a", "b", "c"];

const columns: ColumnConfig[] = names.map((name, i) => ({
  name,
  kind: "continuous",
  center: i,
  scale: 1 + i,
  minimum: -9,
  maximum: 9,
}));

/** Three columns of numbers, with p-values. */
export async function numbersModel(seed = 1): Promise<Model> {
  const model = exampleModel({ dim: 3, columns, seed, disorder: 0.1 });
  await model.calibrate(exampleRows(model, 60, seed));
  return model;
}

/** Rows of that model, [count · 3]. */
export const someRows = (count: number, seed = 3): Float64Array =>
  new Random(seed).fillNormal(new Float64Array(3 * count), 1.5);

/** The same as objects. */
export const asObjects = (rows: Float64Array): Record<string, number>[] =>
  Array.from({ length: rows.length / 3 }, (_, i) =>
    Object.fromEntries(names.map((name, d) => [name, rows[3 * i + d]])),
  );

/** A fitted model of words, dates and numbers, of which some are missing. */
export async function mixedModel(folder: string): Promise<Model> {
  const random = new Random(5);
  const lines = Array.from({ length: 240 }, (_, i) => {
    const [x, y] = random.fillNormal(new Float64Array(2));
    const kind = i % 3 === 0 ? "oak" : "beech, red";
    const day = new Date(Date.UTC(2024, 0, 1 + (i % 50), i % 24)).toISOString().slice(0, 19);
    return `"${kind}",${day},${i % 10 === 0 ? "" : (3 + x + (i % 3)).toFixed(3)},${y.toFixed(3)}\n`;
  });
  const path = join(folder, "trees.csv");
  writeFileSync(path, `kind,planted,height,growth\n${lines.join("")}`);
  const options = {
    search: false,
    layers: 1,
    epochs: 3,
    threads: 1,
    missing: "model",
    calibration: 0.2,
  } as const;
  return (await fit(path, options)).model;
}

export async function save(model: Model, folder: string): Promise<string> {
  await model.save(folder, { force: true });
  return folder;
}

export interface TestServer {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly log: string[];
  request(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The app over these folders, without a socket. */
export async function testServer(folders: readonly string[], options: AppOptions = {}): Promise<TestServer> {
  const log: string[] = [];
  const metrics = new Metrics();
  const logger = new Log("json", (line) => log.push(line));
  const models = await Models.open(folders, (model) => ({
    log: logger,
    threads: 1,
    batcher: { onBatch: (rows) => metrics.batchRows.observe({ model }, rows) },
    onReload: (outcome) => metrics.reloads.inc({ model, outcome }),
  }));
  afterAll(() => models.close());
  const app = createApp(models, { metrics, log: logger, ...options });
  const request = async (path: string, init?: RequestInit) => app.request(path, init);
  return {
    ...{ models, metrics, log, request },
    post: (path, body, headers = { "Content-Type": "application/json" }) =>
      request(path, {
        method: "POST",
        headers,
        body:
          typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      }),
  };
}

/** A server on a socket of its own, closed when the file's tests are done. */
export async function listening(folders: readonly string[], options: ServeOptions = {}): Promise<Serving> {
  const serving = await serve(folders, { port: 0, log: "off", threads: 1, ...options });
  afterAll(() => serving.close());
  return serving;
}

/** The error's text; fails unless that is all that the answer holds. */
export async function errorOf(response: Response): Promise<string> {
  const body: unknown = await response.json();
  const keys = Object.keys(body as object);
  if (keys.length !== 1 || keys[0] !== "error") throw new Error(`not an error: ${JSON.stringify(body)}`);
  return String((body as { error: unknown }).error);
}
