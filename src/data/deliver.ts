// Getting a finished file to where it belongs: written under another name and renamed, or sent down a stream. A crash or
// a full disk leaves the old file or the new one, never half of one.

import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LogdetError } from "../errors.js";

export type TargetFormat = "csv" | "tsv" | "parquet" | "ndjson";

/** Where a table goes: a file, or a stream (default: standard output). */
export interface Target {
  readonly path?: string;
  readonly stream?: Writable;
  /** Default: by the path's extension; CSV for a stream. */
  readonly format?: TargetFormat;
}

/** What the file is to be. */
export interface Encoding {
  readonly format: TargetFormat;
  readonly compression: "none" | "gzip" | "zstd";
}

const FORMATS: Record<string, TargetFormat> = {
  csv: "csv",
  txt: "csv",
  tsv: "tsv",
  tab: "tsv",
  parquet: "parquet",
  pq: "parquet",
  ndjson: "ndjson",
  jsonl: "ndjson",
};

/**
 * The encoding a target asks for.
 *
 * @throws LogdetError (usage) if nothing says the format
 */
export function encodingOf({ path, format }: Target): Encoding {
  const [, extension, packing] = /\.([a-z0-9]+?)(?:\.(gz|zst))?$/i.exec(path ?? "") ?? [];
  const told = format ?? (path === undefined ? "csv" : FORMATS[extension?.toLowerCase()]);
  if (told === undefined)
    throw new LogdetError("usage", "the file's extension names no format that can be written", {
      where: [path ?? ""],
      hint: "Use .csv, .tsv, .parquet or .ndjson, or say --format csv, parquet or ndjson.",
    });
  const compression =
    told === "parquet" || packing === undefined ? "none" : packing.toLowerCase() === "gz" ? "gzip" : "zstd";
  return { format: told, compression };
}

/**
 * Lets `write` make a file, then puts it in the target's place.
 *
 * @param write is given the path to write to, where no file is yet
 * @throws LogdetError (io) if anything but `write`'s own LogdetErrors goes wrong
 */
export async function deliver<T>(target: Target, write: (path: string) => Promise<T>): Promise<T> {
  const name = target.path ?? "standard output";
  try {
    if (target.path !== undefined && (await isReplaceable(target.path)))
      return await replaceFile(target.path, write);
    return await sendFile(target, write);
  } catch (error) {
    if (error instanceof LogdetError) throw error;
    throw new LogdetError("io", `cannot be written: ${reasonOf(error)}`, {
      where: [name],
      hint: "Check that the folder exists, that you may write to it and that the disk is not full.",
      cause: error,
    });
  }
}

/** Devices and pipes (/dev/stdout, /dev/null) are written to, not replaced. */
async function isReplaceable(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new LogdetError("io", "this is a folder, not a file", {
        where: [path],
        hint: "Name a file to write to.",
      });
    return found.isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
    throw error;
  }
}

async function replaceFile<T>(path: string, write: (path: string) => Promise<T>): Promise<T> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    const result = await write(temporary);
    await rename(temporary, path);
    return result;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function sendFile<T>(target: Target, write: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "logdet-"));
  try {
    const temporary = join(folder, "table");
    const result = await write(temporary);
    if (target.path !== undefined)
      await pipeline(createReadStream(temporary), createWriteStream(target.path));
    else await pipeline(createReadStream(temporary), target.stream ?? process.stdout, { end: false });
    return result;
  } catch (error) {
    // `logdet sample … | head`: the reader has seen enough. Said as what it is, for the command line to end quietly.
    if (error instanceof Error && "code" in error && error.code === "EPIPE")
      throw new LogdetError("interrupted", "the reader of standard output has gone", { cause: error });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].replace(/^[A-Za-z ]+ Error: /, "");
}
