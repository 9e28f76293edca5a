// The studio's server without its socket: pages, what they ask, and the checks before.

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { guard } from "../guard.js";
import { Log } from "../log.js";
import { errorResponse, Refusal } from "../refusal.js";
import { anomaliesRoutes } from "./anomalies-routes.js";
import { detectRoutes } from "./detect-routes.js";
import { driftRoutes } from "./drift-routes.js";
import { fitRoutes } from "./fit-routes.js";
import { folderRoutes } from "./folder-routes.js";
import { jacobianRoutes } from "./jacobian-routes.js";
import { layersRoutes } from "./layers-routes.js";
import { lookRoutes } from "./look-routes.js";
import type { Page } from "./pages.js";
import { problemResponse, problemStatus } from "./problems.js";
import { sourcesRoutes } from "./sources-routes.js";
import type { Studio } from "./studio.js";

export interface StudioAppOptions {
  readonly pages?: ReadonlyMap<string, Page>;
  readonly log?: Log;
}

/** Each part of the studio answers under /api/. */
const parts = [
  folderRoutes,
  fitRoutes,
  anomaliesRoutes,
  detectRoutes,
  driftRoutes,
  lookRoutes,
  jacobianRoutes,
  layersRoutes,
  sourcesRoutes,
] as const;

/**
 * The studio's server as a function from requests to answers.
 *
 * Only for browsers and programs on this machine: requests by another name of the host (DNS rebinding) or from a page of
 * another site (CSRF) are refused.
 *
 * @example const response = await createStudioApp(studio).request("/api/folder")
 */
export function createStudioApp(
  studio: Studio,
  { pages = new Map(), log = new Log("off") }: StudioAppOptions = {},
): Hono {
  const app = new Hono();
  app.use(
    guard({
      host: "127.0.0.1",
      allowedHosts: [],
      token: undefined,
      nameHint: "Open it by the address that it printed when it started.",
      onRefused: (reason) => log.warn("refused", { reason }),
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("Referrer-Policy", "no-referrer");
    if (c.req.path.startsWith("/api/")) c.res.headers.set("Cache-Control", "no-store");
  });
  app.onError((error) => {
    const told = error instanceof HTTPException ? new Refusal(error.status, error.message) : error;
    if (problemStatus(told) === 500)
      log.error("request failed", { reason: error.message, stack: error.stack });
    return problemResponse(told, studio.folder);
  });
  for (const part of parts) app.route("/api", part(studio));
  app.get("*", (c) => {
    const page = pages.get(c.req.path);
    if (!page) throw new Refusal(404, "there is no such page", { hint: "Begin at /." });
    return new Response(page.body, {
      headers: {
        "Content-Type": page.type,
        "Cache-Control": page.isHashed ? "max-age=31536000, immutable" : "no-cache",
      },
    });
  });
  app.notFound((c) => errorResponse(new Refusal(404, `there is no ${c.req.method} of this path`)));
  return app;
}
