// What the folder holds; new tables into it; the models' reports.

import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Hono } from "hono";
import { fileError } from "../../model/index.js";
import { bodyPieces } from "../body.js";
import { Refusal, shorten } from "../refusal.js";
import type { TableEntry } from "./answers.js";
import { isTableName, taken } from "./folder.js";
import { moveToNew } from "./new-file.js";
import type { Studio } from "./studio.js";

/** Bytes of a table that a page gives: larger ones are better copied into the folder. */
const largestTable = 512 * 2 ** 20;

export function folderRoutes({ folder }: Studio): Hono {
  const app = new Hono();
  app.get("/folder", async (c) => c.json(await folder.list()));

  app.put("/tables/:name", async (c) => {
    const name = c.req.param("name");
    if (!isTableName(name))
      throw new Refusal(400, `"${shorten(name, 100)}" does not end like the name of a table`, {
        hint: "Tables are .csv, .tsv, .parquet, .json, .ndjson and .jsonl, or these with .gz or .zst.",
      });
    const path = await folder.placeFor(name);
    const partial = join(dirname(path), `.${randomBytes(6).toString("hex")}.part`);
    try {
      const hint = "Copy the table into the folder by yourself.";
      const pieces = bodyPieces(c, largestTable, () => c.req.raw.signal, hint);
      await pipeline(Readable.from(pieces), createWriteStream(partial, { flags: "wx" }));
      await moveToNew(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      // Somebody else has taken the name while the table came.
      if (error instanceof Error && "code" in error && error.code === "EEXIST") throw taken(name);
      if (error instanceof Error && "code" in error && "syscall" in error)
        throw fileError(error, "the table cannot be written", name);
      throw error;
    }
    const { size, mtime } = await stat(path);
    return c.json({ name, bytes: size, modified: mtime.toISOString() } satisfies TableEntry, 201);
  });

  // A report may come from anywhere, as its model: it is shown without scripts, without requests, and as no part of the
  // studio.
  app.get("/report", async (c) => {
    const model = c.req.query("model") ?? "";
    await folder.resolveModel(model);
    const report = await readFile(await folder.resolveFile(`${model}/report.html`));
    return c.body(new Uint8Array(report), 200, {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy":
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
    });
  });
  return app;
}
