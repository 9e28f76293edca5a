// What every route works with: the models, the limits, the log and the numbers of one server.

import type { Context } from "hono";
import type { StatisticName } from "../model/index.js";
import type { Log } from "./log.js";
import type { Metrics } from "./metrics.js";
import type { Generation, Models } from "./models.js";
import type { Limits } from "./options.js";
import { Refusal, shorten } from "./refusal.js";
import type { Intake, Ticket } from "./requests.js";

/** What a request's log line tells besides its route. */
export interface Variables {
  model?: string;
  rows?: number;
}
export type RequestContext = Context<{ Variables: Variables }>;

export interface Service {
  readonly models: Models;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly intake: Intake;
  /** Whether the server is about to end: it is not ready for more. */
  readonly draining: () => boolean;
}

/** @throws Refusal 404 if there is no such model, 400 if none is named and there are several */
export function modelNamed(
  { models }: Service,
  name: string | undefined,
): { name: string; current: Generation } {
  const { names } = models;
  if (name === undefined && names.length > 1)
    throw new Refusal(400, "the request must name a model", { hint: `There are ${names.join(", ")}.` });
  const found = models.get(name ?? names[0]);
  if (found) return { name: found.name, current: found.current };
  throw new Refusal(404, `there is no model "${shorten(name ?? "")}"`, {
    hint: `There ${names.length === 1 ? "is" : "are"} ${names.join(", ")}.`,
  });
}

/** A model at work for a request, until `end`. */
export interface Work {
  readonly name: string;
  readonly generation: Generation;
  readonly ticket: Ticket;
  /** Frees the model and makes room for others. */
  end(): Promise<void>;
}

/**
 * Lets a request in and holds the model for it.
 *
 * @param mostBytes of its body that will be in memory at a time
 * @throws Refusal 404, 429
 */
export function beginWork(
  service: Service,
  c: RequestContext,
  model: string | undefined,
  mostBytes = service.limits.maxBody,
): Work {
  const { name, current: generation } = modelNamed(service, model);
  c.set("model", name);
  const ticket = service.intake.admit(c, mostBytes);
  const release = generation.hold();
  const end = async () => {
    ticket.close();
    await release();
  };
  return { name, generation, ticket, end };
}

/** Counts the rows of a request. @throws Refusal 413 if they are more than the limit */
export function countRows({ limits }: Service, c: RequestContext, rows: number): void {
  if (rows > limits.maxRows)
    throw new Refusal(413, `${rows} rows are more than the ${limits.maxRows} that a request may have`, {
      hint: "Send fewer rows at a time, or start the server with a larger --max-rows.",
    });
  c.set("rows", rows);
}

/** What rows are flagged by. */
export interface Decision {
  readonly statistic: StatisticName | false;
  readonly alpha: number | undefined;
}

/**
 * What p-values to find: none if the model has no calibration and nobody asked.
 *
 * @throws Refusal 400 if p-values are asked for that the model does not have, or a level below all of them
 */
export function decisionFor(
  { model: { calibration } }: Generation,
  { statistic, alpha }: { statistic?: StatisticName | undefined; alpha?: number | undefined },
): Decision {
  if (!calibration) {
    if (statistic === undefined && alpha === undefined) return { statistic: false, alpha };
    throw new Refusal(400, "the model has no p-values: no rows were set apart to calibrate it", {
      hint: "Leave alpha and statistic out.",
    });
  }
  const chosen = statistic ?? calibration.defaultStatistic;
  if (!calibration.statistics.includes(chosen))
    throw new Refusal(400, `the model is not calibrated for the statistic ${chosen}`, {
      hint: `It is for ${calibration.statistics.join(", ")}.`,
    });
  if (alpha !== undefined && alpha < calibration.smallestPValue)
    throw new Refusal(
      400,
      `alpha ${alpha} is out of reach: no p-value is below ${calibration.smallestPValue}`,
    );
  return { statistic: chosen, alpha };
}
