// Who may ask: the checks before any work. A web page that the user visits can send requests to servers on the user's own
// machine; Host and Origin give it away.

import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { Refusal } from "./refusal.js";

export interface GuardOptions {
  /** The address that the server listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly token: string | undefined;
  /** What to do where the server is called by a name that is not its own. Default: --allow-host. */
  readonly nameHint?: string;
  /** Called with the reason of each refusal. */
  onRefused(reason: "host" | "origin" | "token"): void;
}

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);

/** Whether an address can be reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  loopback.has(host) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** Probes come without a token, and by an address that nobody knows beforehand: they learn whether the server runs, and nothing else. */
const isProbe = (path: string) => path === "/v2/health/live" || path === "/v2/health/ready";

/**
 * Refuses requests
 *
 * - whose Host is none of this server's names, where it listens on this machine alone or names were given (DNS rebinding: a
 *   page's own name that has come to mean 127.0.0.1);
 * - that another site's page sends (CSRF), by Origin or Sec-Fetch-Site;
 * - without the token, if there is one; probes of health need none.
 */
export function guard({
  host,
  allowedHosts,
  token,
  nameHint = "Start it with --allow-host NAME if it has that name.",
  onRefused,
}: GuardOptions): MiddlewareHandler {
  const own = new Set([...loopback, host, ...allowedHosts].map((name) => name.toLowerCase()));
  const isOpen = !isLoopback(host);
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return async (c, next) => {
    const url = new URL(c.req.url);
    const called = c.req.header("host") ?? url.host;
    const refuse = (reason: "host" | "origin" | "token", refusal: Refusal) => {
      onRefused(reason);
      throw refusal;
    };
    const anyName = isOpen && (allowedHosts.length === 0 || isProbe(url.pathname));
    if (!anyName && !own.has(nameOf(called)))
      refuse(
        "host",
        new Refusal(403, "the request calls this server by a name that is not its own", {
          hint: nameHint,
        }),
      );
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    if (
      (origin !== undefined && hostOf(origin) !== called) ||
      (site !== undefined && site !== "same-origin" && site !== "none")
    )
      refuse("origin", new Refusal(403, "a page of another site may not use this server"));
    if (expected !== undefined && !isProbe(url.pathname)) {
      // The scheme's letters may be of either case: RFC 9110, §11.1.
      const given = digest((c.req.header("authorization") ?? "").replace(/^bearer /i, "Bearer "));
      // Of digests, which are equally long: how long the comparison takes tells nothing.
      if (!timingSafeEqual(given, expected))
        refuse(
          "token",
          new Refusal(401, "this server needs a token", {
            hint: "Send it as the header Authorization: Bearer TOKEN.",
            headers: { "WWW-Authenticate": "Bearer" },
          }),
        );
    }
    await next();
    c.res.headers.set("X-Content-Type-Options", "nosniff");
  };
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** "LOCALHOST:8080" → "localhost", "[::1]:8080" → "::1". */
function nameOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain ?? "").toLowerCase();
}

/** Undefined for "null", and for what is no origin. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
