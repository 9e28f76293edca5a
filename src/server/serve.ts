// The server with its socket: where it listens, and how it ends.

import { LogdetError } from "../errors.js";
import { createApp } from "./app.js";
import { isLoopback } from "./guard.js";
import { listen } from "./listen.js";
import { Log } from "./log.js";
import { Metrics } from "./metrics.js";
import { Models } from "./models.js";
import { defaultLimits, type Limits, type ServeOptions } from "./options.js";

/** A server that listens. */
export interface Serving {
  /** "http://127.0.0.1:8080" */
  readonly url: string;
  readonly models: Models;
  /**
   * Ends the server: no new connections, requests at work are finished, then the models' memory is freed. What is not
   * finished by the timeout is cut off.
   */
  close(): Promise<void>;
}

/**
 * Serves models over HTTP.
 *
 * @param folders model folders; each model is called by its folder's name without `.logdet`
 * @throws LogdetError "usage" if others could reach the server and there is no token, or two models have one name; "io" if
 * the address cannot be listened on; otherwise as `load`
 * @example const { url, close } = await serve(["weather.logdet"], { port: 0 })
 */
export async function serve(folders: readonly string[], options: ServeOptions = {}): Promise<Serving> {
  const { host = "127.0.0.1", port = 8080, token, allowedHosts, threads, reloadEvery = 1 } = options;
  if (!isLoopback(host) && token === undefined)
    throw new LogdetError("usage", `others could reach the server at ${host}, and it has no token`, {
      hint: "Give it one with --token-file FILE or the environment variable LOGDET_TOKEN.",
    });
  const limits = limitsOf(options);
  const log = new Log(options.log ?? "json");
  const metrics = new Metrics();
  metrics.watchProcess();
  const models = await Models.open(folders, (model) => ({
    ...{ log, threads },
    batcher: { wait: limits.batchWait, onBatch: (rows) => metrics.batchRows.observe({ model }, rows) },
    onReload: (outcome) => metrics.reloads.inc({ model, outcome }),
  }));
  let draining = false;
  const app = createApp(models, {
    ...{ limits, log, metrics, host, token, draining: () => draining },
    ...(allowedHosts && { allowedHosts }),
  });
  const server = await listen(app.fetch, { host, port }).catch(async (error) => {
    await models.close();
    throw error;
  });
  models.watch(reloadEvery);
  const { url } = server;
  log.info("listening", { url, models: models.names.join(", ") });

  return {
    url,
    models,
    async close() {
      if (draining) return;
      draining = true;
      log.info("closing");
      await server.close(limits.timeout);
      await models.close();
      log.info("closed");
    },
  };
}

function limitsOf(options: ServeOptions): Limits {
  const names = Object.keys(defaultLimits) as (keyof Limits)[];
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  return { ...defaultLimits, ...Object.fromEntries(given) };
}
