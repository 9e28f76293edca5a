// The server without its socket: every route, and what happens to each request before and after.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Handler, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { version } from "../version.js";
import { guard } from "./guard.js";
import { infer, modelMetadata } from "./infer.js";
import { Log } from "./log.js";
import { Metrics } from "./metrics.js";
import type { Models } from "./models.js";
import { defaultLimits, type Limits } from "./options.js";
import { errorResponse, Refusal, statusOf } from "./refusal.js";
import { Intake } from "./requests.js";
import { routes } from "./routes.js";
import { sample } from "./sample.js";
import { score } from "./score.js";
import { modelNamed, type Service, type Variables } from "./service.js";

export interface AppOptions {
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
  readonly metrics?: Metrics;
  readonly host?: string;
  readonly allowedHosts?: readonly string[];
  readonly token?: string | undefined;
  /** Whether the server is about to end. */
  readonly draining?: () => boolean;
}

type Env = { Variables: Variables };
type App = OpenAPIHono<Env>;

/**
 * The server as a function from requests to answers.
 *
 * @example const response = await createApp(models).request("/v2/health/ready")
 */
export function createApp(models: Models, options: AppOptions = {}): App {
  const { log = new Log("off"), metrics = new Metrics(), draining = () => false } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const service: Service = { models, limits, log, metrics, draining, intake: new Intake(limits, metrics) };
  const { host = "127.0.0.1", allowedHosts = [], token } = options;

  // Not strict: the protocol's own document has /v2/ for /v2.
  const app: App = new OpenAPIHono<Env>({ strict: false });
  app.use(recorded(service));
  app.use(guard({ host, allowedHosts, token, onRefused: (reason) => metrics.refused.inc({ reason }) }));
  app.onError((error, c) => {
    const told = error instanceof HTTPException ? new Refusal(error.status, error.message) : error;
    if (statusOf(told) === 500)
      log.error("request failed", { route: routeOf(c), reason: error.message, stack: error.stack });
    return errorResponse(told);
  });
  app.notFound((c) =>
    errorResponse(
      new Refusal(404, `there is no ${c.req.method} of this path`, { hint: "See /openapi.json." }),
    ),
  );

  const add = (route: (typeof routes)[keyof typeof routes], handler: Handler<Env>) => {
    app.openAPIRegistry.registerPath(route);
    app.on(route.method, route.getRoutingPath(), handler);
  };
  add(routes.live, (c) => c.json({ live: true }));
  add(routes.ready, (c) => c.json({ live: true, ready: !draining() }, draining() ? 503 : 200));
  add(routes.server, (c) => c.json({ name: "logdet", version, extensions: ["binary_tensor_data"] }));
  add(routes.model, (c) => {
    const { name, current } = modelNamed(service, c.req.param("model"));
    return c.json(modelMetadata(name, current));
  });
  add(routes.modelReady, (c) =>
    c.json({ name: modelNamed(service, c.req.param("model")).name, ready: true }),
  );
  add(routes.infer, (c) => infer(service, c, c.req.param("model") ?? ""));
  add(routes.models, (c) =>
    c.json({
      models: models.names.map((name) => ({ name, columns: modelNamed(service, name).current.reader.names })),
    }),
  );
  add(routes.score, (c) => score(service, c));
  add(routes.sample, (c) => sample(service, c));
  add(routes.metrics, async (c) =>
    c.text(await metrics.registry.metrics(), 200, { "Content-Type": metrics.registry.contentType }),
  );
  add(routes.document, (c) =>
    c.json(
      app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: {
          title: "logdet",
          version,
          description: "Log-densities and p-values of rows under models of tables. Densities are in nats.",
        },
        ...(token !== undefined && { security: [{ token: [] }] }),
      }),
    ),
  );
  if (token !== undefined)
    app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  return app;
}

/** Logs and counts every request, the refused ones too. */
function recorded({ log, metrics, draining }: Service): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    if (draining()) c.res.headers.set("Connection", "close");
    const elapsed = performance.now() - started;
    const route = routeOf(c);
    const { status } = c.res;
    metrics.requests.inc({ route, status: String(status) });
    metrics.requestSeconds.observe({ route }, elapsed / 1000);
    const { method } = c.req;
    const [model, rows] = [c.get("model"), c.get("rows")];
    const ms = Number(elapsed.toFixed(2));
    log.info("request", { method, route, status, ms, model, rows });
  };
}

/** The route's pattern: a path that a client made up is none. */
function routeOf(c: Parameters<Handler<Env>>[0]): string {
  const path = routePath(c, -1);
  return path === "/*" || path === "*" ? "none" : path;
}
