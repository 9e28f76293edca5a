// Writing a folder so that a crash, a full disk or a kill leaves the old one or the new one, never half of one.

import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LogdetError } from "../errors.js";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EFBIG: "the file is larger than the system allows",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOENT: "the folder above it does not exist",
  ENAMETOOLONG: "the name is too long",
};

/** A failed system call as a LogdetError that says in words why. */
export function fileError(error: unknown, action: string, path: string, hint?: string): LogdetError {
  if (error instanceof LogdetError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new LogdetError("io", `${action}: ${reasons[code ?? ""] ?? message}`, {
    where: [path],
    hint,
    cause: error,
  });
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw fileError(error, "cannot be looked at", path);
  }
}

/**
 * Refuses a folder that cannot or should not be written, before hours of work end in an error.
 *
 * @throws LogdetError "io" if it exists and `force` is not given, if what exists is no model, or if nothing can be
 * written beside it.
 */
export async function checkWritable(folder: string, force: boolean): Promise<void> {
  if (await exists(folder)) {
    if (!(await isModelFolder(folder)))
      throw new LogdetError("io", "the output exists already, and is not a model that may be replaced", {
        where: [folder],
        hint: "Choose another folder with --out.",
      });
    if (!force)
      throw new LogdetError("io", "the output exists already", {
        where: [folder],
        hint: "Choose another folder with --out, or replace it with --force.",
      });
  }
  const parent = dirname(resolve(folder));
  try {
    await makeFolder(parent);
    await rm(await mkdtemp(join(parent, ".logdet-")), { recursive: true });
  } catch (error) {
    throw fileError(
      error,
      "the output folder cannot be written",
      folder,
      "Choose another folder with --out.",
    );
  }
}

/** `--out . --force` must not cost anyone their home folder: only a model, whole or damaged, gives way to a model. */
async function isModelFolder(path: string): Promise<boolean> {
  if (!(await stat(path)).isDirectory()) return false;
  const names = await readdir(path);
  return names.includes("model.safetensors") || names.every((name) => modelFiles.has(name));
}

const modelFiles: ReadonlySet<string> = new Set(["config.json", "onnx", "README.md", "report.html"]);

/**
 * Writes files (paths relative to the folder) into a temporary folder beside it, then renames it into place. A
 * folder that was there is replaced only once the new one is complete.
 *
 * @param words what is said where that fails, and the option that another folder is chosen with
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  words: { readonly failure?: string; readonly option?: string } = {},
): Promise<void> {
  const target = resolve(folder);
  const parent = dirname(target);
  let temporary: string | undefined;
  try {
    await makeFolder(parent);
    temporary = join(parent, `.${basename(target)}-${randomBytes(6).toString("hex")}`);
    // Not mkdtemp, whose folders nobody else may enter: a model is for sharing.
    await mkdir(temporary);
    for (const [name, content] of Object.entries(files)) {
      const path = join(temporary, name);
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "wx");
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    await replace(target, temporary);
    temporary = undefined;
  } catch (error) {
    throw fileError(
      error,
      words.failure ?? "the model cannot be saved",
      folder,
      `Nothing was changed. Choose another folder with ${words.option ?? "--out"}.`,
    );
  } finally {
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}

/** Makes a folder and those above it. Not mkdir's `recursive`: below /proc and the like that never returns. */
export async function makeFolder(path: string): Promise<void> {
  if (await exists(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

async function replace(target: string, temporary: string): Promise<void> {
  if (!(await exists(target))) return rename(temporary, target);
  const old = `${temporary}-old`;
  await rename(target, old);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
