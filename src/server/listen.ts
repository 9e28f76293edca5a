// A socket that an app answers on: where it listens, and how it ends.

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { LogdetError } from "../errors.js";

/** A socket that listens. */
export interface Listening {
  /** "http://127.0.0.1:8080" */
  readonly url: string;
  /** No new connections; those at work are finished, or cut off after so many seconds. */
  close(patience: number): Promise<void>;
}

/**
 * Lets an app answer at an address.
 *
 * @param port 0: any that is free
 * @throws LogdetError "io" if the address cannot be listened on
 */
export async function listen(
  fetch: (request: Request, env: unknown) => Response | Promise<Response>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: (request, env) => fetch(request, env),
    serverOptions: { requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
  }) as Server;
  await bind(server, host, port);
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    close: (patience) => closeServer(server, patience),
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: "another program listens there already",
        EADDRNOTAVAIL: "this machine does not have that address",
        EACCES: "permission denied",
        ENOTFOUND: "there is no such host",
      };
      reject(
        new LogdetError("io", `the server cannot listen: ${reasons[error.code ?? ""] ?? error.message}`, {
          where: [`${host}:${port}`],
          hint: "Choose another port with --port, or address with --host.",
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** @param patience seconds until connections are cut off */
function closeServer(server: Server, patience: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), patience * 1000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const urlOf = (host: string, port: number) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
