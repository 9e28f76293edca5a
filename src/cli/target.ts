// Where a command's table goes, settled before any work is done.

import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Target } from "../data/index.js";
import { LogdetError } from "../errors.js";
import type { TableFlags } from "./options.js";

/**
 * The target that the options name.
 *
 * @throws LogdetError "usage" if the options do not fit together, "io" if the file exists and --force is not given, or
 * cannot be written.
 */
export async function openTarget({ out, format, force, json }: TableFlags): Promise<Target> {
  const { encodingOf } = await import("../data/index.js");
  const target: Target = { path: out, format };
  const encoding = encodingOf(target);
  if (out !== undefined) await requireWritable(out, force ?? false);
  else if (json)
    throw new LogdetError("usage", "--json prints a summary where the table would go", {
      hint: "Say where the table goes: --out FILE. For rows as JSON: --format ndjson.",
    });
  else if (encoding.format === "parquet" && process.stdout.isTTY)
    throw new LogdetError("usage", "Parquet is not for reading on a terminal", {
      hint: "Name a file with --out, or send it on: ... --format parquet > FILE.",
    });
  return target;
}

/** @throws LogdetError "io" if the file exists and `force` is not given, or its folder cannot be written to. */
export async function requireWritable(path: string, force: boolean): Promise<void> {
  const { exists, fileError } = await import("../model/index.js");
  // Devices and pipes are there to be written to.
  if (!force && (await exists(path)) && (await stat(path)).isFile())
    throw new LogdetError("io", "the output exists already", {
      where: [path],
      hint: "Choose another file with --out, or replace it with --force.",
    });
  try {
    await access(dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw fileError(error, "cannot be written", path, "Choose another file with --out.");
  }
}
