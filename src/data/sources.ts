// Which files a table is read from: names, globs and standard input become a list of files that exist, each with
// the name people know it by, its format and its compression. Nothing here looks at columns or rows.

import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LogdetError } from "../errors.js";
import { refuseIncomplete } from "./compression.js";
import { withDatabase } from "./duckdb.js";

/** What a table can be read as. JSON is an array of objects or one object after another (NDJSON): one reader does both. */
export type SourceFormat = "csv" | "tsv" | "parquet" | "json" | "ndjson";

/** One file to read. */
export interface SourceFile {
  /** What the user calls it; "standard input" for "-". */
  readonly name: string;
  readonly path: string;
  /** Undefined: told by its first lines, CSV or JSON. */
  readonly format: "csv" | "tsv" | "parquet" | "json" | undefined;
  readonly compression: "none" | "gzip" | "zstd";
}

/** Files that can be read any number of times, until `close` removes what was kept of standard input. */
export interface Sources {
  readonly files: readonly SourceFile[];
  close(): Promise<void>;
}

/**
 * Finds the files behind `sources`.
 *
 * Standard input is kept in a temporary file, so that it too can be read twice: `close` removes it.
 *
 * @param sources file names, globs (`*`, `?`, `[…]`, `**`), or "-" for standard input
 * @param options.format the format of every file; default: by content and extension
 * @param options.stdin what "-" reads; default: the process's standard input
 * @throws LogdetError (io) for a missing file, a folder, a glob without match; (data) for an empty or binary file
 *
 * @example
 * const sources = await openSources(["-"])
 * try { await readTable(sources) } finally { await sources.close() }
 */
export async function openSources(
  sources: readonly string[],
  options: { format?: SourceFormat; stdin?: Readable } = {},
): Promise<Sources> {
  if (sources.length === 0)
    throw new LogdetError("usage", "no file to read", { hint: 'Name a file, a glob or "-".' });
  const folders: string[] = [];
  const close = async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  };
  try {
    const files: SourceFile[] = [];
    for (const source of sources) {
      if (source === "-") {
        if (folders.length > 0) throw new LogdetError("usage", 'standard input ("-") can be read only once');
        const folder = await mkdtemp(join(tmpdir(), "logdet-"));
        folders.push(folder);
        const path = join(folder, randomBytes(4).toString("hex"));
        await pipeline(options.stdin ?? process.stdin, createWriteStream(path));
        files.push(await inspect("standard input", path, options.format));
      } else {
        for (const path of await expand(source)) files.push(await inspect(path, path, options.format));
      }
    }
    return { files, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The files a name or a glob stands for, in alphabetical order. */
async function expand(source: string): Promise<string[]> {
  if (await exists(source)) return [source]; // also a file whose name looks like a glob
  if (!/[*?[]/.test(source))
    throw new LogdetError("io", "no such file", {
      where: [source],
      hint: /^[a-z0-9]+:\/\//i.test(source)
        ? "Only local files are read: download it first."
        : "Check the name and the folder.",
    });
  const matches = await withDatabase("any", 1, async (connection) => {
    const reader = await connection.runAndReadAll("SELECT file FROM glob(?)", [source]);
    return reader.getRows().map(([file]) => String(file));
  });
  const paths = matches.map((path) => (source.startsWith(".") ? path : path.replace(/^\.[/\\]/, ""))).sort();
  if (paths.length === 0)
    throw new LogdetError("io", "no file matches", {
      where: [source],
      hint: "Check the pattern and the folder.",
    });
  return paths;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return false;
    throw new LogdetError("io", "the file cannot be reached", { where: [path], cause: error });
  }
}

/** Tells compression and format, by the content's first bytes where they speak, else by the extension. */
async function inspect(name: string, path: string, format: SourceFormat | undefined): Promise<SourceFile> {
  if ((await stat(path)).isDirectory())
    throw new LogdetError("io", "this is a folder, not a file", {
      where: [name],
      hint: `To read the files in it, use a pattern: '${join(path, "*.csv")}'.`,
    });
  const head = await firstBytes(name, path);
  if (head.length === 0)
    throw new LogdetError("data", "the file is empty", {
      where: [name],
      hint: "A table needs a header and rows.",
    });
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (head.subarray(0, 4).toString("latin1") === "PAR1")
    return { name, path, format: "parquet", compression: "none" };
  const compression = startsWith(0x1f, 0x8b) ? "gzip" : startsWith(0x28, 0xb5, 0x2f, 0xfd) ? "zstd" : "none";
  const told = format === "ndjson" ? "json" : (format ?? formatOfName(path));
  if (told !== "parquet" && compression === "none" && head.includes(0))
    throw new LogdetError("data", "the file is binary, not a table", {
      where: [name],
      hint:
        startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)
          ? "It looks like UTF-16: save it as UTF-8."
          : "CSV, TSV, Parquet, JSON and NDJSON can be read, plain or compressed with gzip or zstd.",
    });
  await refuseIncomplete(name, path, compression);
  return { name, path, format: told, compression };
}

function formatOfName(path: string): SourceFile["format"] {
  switch (/\.([a-z0-9]+)(?:\.(?:gz|zst))?$/i.exec(path)?.[1].toLowerCase()) {
    case "csv":
      return "csv";
    case "tsv":
    case "tab":
      return "tsv";
    case "parquet":
    case "pq":
      return "parquet";
    case "json":
    case "ndjson":
    case "jsonl":
      return "json";
    default:
      return undefined;
  }
}

async function firstBytes(name: string, path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65536), 0, 65536, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new LogdetError("io", "the file cannot be opened", {
      where: [name],
      hint: "Check that you may read it.",
      cause: error,
    });
  }
}
