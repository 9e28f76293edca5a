// The files that a lab leaves in a folder: its picture, its figures as CSV, and everything but the picture as JSON.

import { access, constants, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { deliver } from "../data/deliver.js";
import { LogdetError } from "../errors.js";
import { exists, fileError, makeFolder } from "../model/folder.js";
import type { Figures } from "./lab.js";
import type { LabReport } from "./run.js";

const hint = "Choose another folder with --out.";

const filesOf = (folder: string, lab: string) =>
  ({
    svg: join(folder, `${lab}.svg`),
    csv: join(folder, `${lab}.csv`),
    json: join(folder, `${lab}.json`),
  }) as const;

/**
 * Makes the folder, and refuses before the work what could not be written after it.
 *
 * The files of an earlier run of the same lab give way without asking; anything else of that name only by `force`.
 *
 * @throws LogdetError "io" if the folder cannot be written to, or a file is there that is no lab's.
 */
export async function prepareFolder(folder: string, lab: string, force: boolean): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    // A path that ends with a slash is a folder's: what is a file fails here.
    await access(join(folder, "/"), constants.W_OK);
  } catch (error) {
    throw fileError(error, "the folder for the lab's files cannot be written", folder, hint);
  }
  if (force) return;
  const files = filesOf(folder, lab);
  if (await isOfLab(files.json, lab)) return;
  for (const file of Object.values(files))
    if (await exists(file))
      throw new LogdetError(
        "io",
        `the file exists already, and no earlier run of the lab ${lab} is beside it`,
        {
          where: [file],
          hint: "Choose another folder with --out, or replace it with --force.",
        },
      );
}

/** Whether this is what an earlier run of the lab has left. */
async function isOfLab(file: string, lab: string): Promise<boolean> {
  if (!(await exists(file))) return false;
  const text = await readFile(file, "utf8").catch((error) => {
    throw fileError(error, "cannot be read", file, hint);
  });
  return text.includes(`"lab": ${JSON.stringify(lab)}`);
}

/**
 * Writes the files, each whole or not at all.
 *
 * @returns their paths
 * @throws LogdetError "io"
 */
export async function writeReport(folder: string, report: LabReport, svg: string): Promise<string[]> {
  const files = filesOf(folder, report.lab);
  const contents = [
    [files.svg, svg],
    [files.csv, toCsv(report.figures)],
    [files.json, `${JSON.stringify(report, undefined, 2)}\n`],
  ] as const;
  for (const [path, text] of contents) await deliver({ path }, (temporary) => writeFile(temporary, text));
  return contents.map(([path]) => path);
}

/** Figures as CSV with a header: columns in the order in which they first appear, nothing where there is none. */
export function toCsv(figures: readonly Figures[]): string {
  const columns = [...new Set(figures.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...figures.map((row) => columns.map((column) => row[column] ?? ""))];
  return lines.map((cells) => `${cells.map((cell) => quoted(String(cell))).join(",")}\n`).join("");
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
