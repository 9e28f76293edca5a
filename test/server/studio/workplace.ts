// A studio for tests: a folder of the test file's own, and the app over it without a socket.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { afterAll } from "vitest";
import {
  createStudioApp,
  OpenModels,
  type Studio,
  StudioFolder,
  StudioTables,
} from "../../../src/server/studio/index.js";

export interface Workplace {
  /** The folder that the studio is open over, and the one around it. */
  readonly folder: string;
  readonly around: string;
  readonly studio: Studio;
  readonly app: Hono;
  get(path: string): Promise<Response>;
  ask(path: string, question: unknown): Promise<Response>;
}

export async function workplace(
  fill: (folder: string, around: string) => void | Promise<void>,
): Promise<Workplace> {
  const around = realpathSync(mkdtempSync(join(tmpdir(), "logdet-studio-")));
  afterAll(() => rmSync(around, { recursive: true, force: true }));
  const path = join(around, "work");
  await fill(path, around);
  const folder = await StudioFolder.open(path);
  const studio: Studio = { folder, models: new OpenModels(folder), tables: new StudioTables(folder) };
  afterAll(() => studio.models.close());
  const app = createStudioApp(studio);
  return {
    ...{ folder: path, around, studio, app },
    get: async (address) => app.request(address),
    ask: async (address, question) =>
      app.request(address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(question),
      }),
  };
}
