// What Prometheus is told. Labels are routes, models and reasons: names that the server gave, never what a client wrote.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Upper bounds of the histograms' buckets: seconds, and rows. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** The numbers of one server. */
export class Metrics {
  readonly registry = new Registry();
  readonly #in = { registers: [this.registry] };

  readonly requests = new Counter({
    name: "logdet_requests_total",
    help: "Requests answered, by route and status.",
    labelNames: ["route", "status"] as const,
    ...this.#in,
  });
  readonly requestSeconds = new Histogram({
    name: "logdet_request_seconds",
    help: "Seconds from a request's headers to its answer's, by route.",
    labelNames: ["route"] as const,
    buckets: seconds,
    ...this.#in,
  });
  readonly rows = new Counter({
    name: "logdet_rows_total",
    help: "Rows scored or drawn, by model.",
    labelNames: ["model", "work"] as const,
    ...this.#in,
  });
  readonly batchRows = new Histogram({
    name: "logdet_batch_rows",
    help: "Rows scored together, by model.",
    labelNames: ["model"] as const,
    buckets: rows,
    ...this.#in,
  });
  readonly working = new Gauge({
    name: "logdet_requests_in_work",
    help: "Requests for model work that are waiting or at work.",
    ...this.#in,
  });
  readonly refused = new Counter({
    name: "logdet_refused_total",
    help: "Requests refused before any work: queue full, host, origin, token.",
    labelNames: ["reason"] as const,
    ...this.#in,
  });
  readonly reloads = new Counter({
    name: "logdet_model_reloads_total",
    help: "Changes of a model's folder, by model and outcome: loaded, or kept because what is there cannot be loaded.",
    labelNames: ["model", "outcome"] as const,
    ...this.#in,
  });

  /** Adds the process's own: memory, processor time, delay of the event loop. Once a process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }
}
