// The studio's server with its socket.

import { listen } from "../listen.js";
import { Log } from "../log.js";
import { createStudioApp } from "./app.js";
import { Detections } from "./detections.js";
import { StudioFolder } from "./folder.js";
import { OpenModels } from "./open-models.js";
import { readPages } from "./pages.js";
import { Runs } from "./runs.js";
import type { Studio } from "./studio.js";
import { StudioTables } from "./tables.js";
import { warmUp } from "./warm-up.js";

export interface StudioOptions {
  /** Folder of the built pages. */
  readonly pages: string;
  /** Default: 4747. 0: any that is free. */
  readonly port?: number;
  readonly log?: Log;
}

/** A studio that listens. */
export interface StudioServing {
  /** "http://127.0.0.1:4747" */
  readonly url: string;
  close(): Promise<void>;
}

/** Seconds that requests at work have when the studio ends. */
const patience = 2;

/**
 * Opens the studio over a folder, for this machine alone: it has no password, so no other machine may reach it.
 *
 * @throws LogdetError "io" if there is no such folder, or the port is taken
 * @example const { url, close } = await startStudio("models", { pages: "dist/studio", port: 0 })
 */
export async function startStudio(
  path: string,
  { pages, port = 4747, log = new Log("off") }: StudioOptions,
): Promise<StudioServing> {
  const folder = await StudioFolder.open(path);
  const runs = new Runs(folder);
  const detections = new Detections(folder, runs);
  const studio: Studio = {
    ...{ folder, models: new OpenModels(folder), tables: new StudioTables(folder), runs, detections },
  };
  const app = createStudioApp(studio, { pages: await readPages(pages), log });
  const server = await listen(app.fetch, { host: "127.0.0.1", port });
  const warm = warmUp(studio).catch((error: Error) => {
    log.info("not warmed up", { reason: error.message });
    return false;
  });
  return {
    url: server.url,
    async close() {
      // Fits end first: pages that follow them would keep their connections open.
      await Promise.all([runs.close(), detections.close()]);
      await server.close(patience);
      await warm;
      await studio.models.close();
    },
  };
}
