// logdet studio --export DIR: the lab, a page that trains flows in the browser, as files for any static web server.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { LogdetError } from "../errors.js";
import { countOf, formatBytes } from "./format.js";
import { Output } from "./output.js";

interface StudioFlags {
  readonly export?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Where the build puts the lab's page. */
const built = fileURLToPath(new URL("../studio/lab", import.meta.url));
/** What every export contains: `--force` replaces nothing else. */
const mark = "<title>logdet lab</title>";

export function define(command: Command): void {
  command
    .description(
      "Writes the lab: a page in which flows learn densities in the plane while one watches, under one rule for the " +
        "gradient of the Jacobian term or two beside each other. Everything is computed in the browser; the files " +
        "work from any folder of any static web server, and ask for nothing from elsewhere.",
    )
    .option("--export <folder>", "folder to write the page's files to")
    .option("--force", "replace an earlier export")
    .option("--json", "the folder, its files and their size as JSON")
    .option("-q, --quiet", "no progress and no notes; errors are still shown")
    .helpOption("-h, --help", "show this help")
    .addHelpText(
      "after",
      `
Examples:
  logdet studio --export lab-page
  python3 -m http.server --directory lab-page       any other web server does as well; then open its address`,
    )
    .action(run);
}

async function run(flags: StudioFlags): Promise<void> {
  const output = new Output(flags);
  const folder = flags.export;
  if (folder === undefined)
    throw new LogdetError("usage", "the studio has one page so far, the lab, and it is given away as files", {
      hint: "Write them with logdet studio --export FOLDER, then open the folder through any web server.",
    });
  await requireFree(folder, flags.force ?? false);
  const files = await readBuilt();
  const { writeFolder } = await import("../model/folder.js");
  await writeFolder(folder, files, { failure: "the lab cannot be written", option: "--export" });
  const names = Object.keys(files);
  const bytes = Object.values(files).reduce((sum, content) => sum + content.byteLength, 0);
  await output.result({ folder, files: names, bytes }, () => [
    `${folder}: the lab, ${countOf(names.length, "file")}, ${formatBytes(bytes)}`,
    `Open it through a web server, any one: python3 -m http.server --directory ${folder}, say.`,
  ]);
}

/** @throws LogdetError "io" if something is there that may not be replaced. */
async function requireFree(folder: string, force: boolean): Promise<void> {
  const { exists } = await import("../model/folder.js");
  if (!(await exists(folder))) return;
  const hint = "Choose another folder with --export";
  if (!(await isExport(folder)))
    throw new LogdetError("io", "the folder exists already, and is no earlier export that may be replaced", {
      where: [folder],
      hint: `${hint}.`,
    });
  if (!force)
    throw new LogdetError("io", "the folder exists already", {
      where: [folder],
      hint: `${hint}, or replace it with --force.`,
    });
}

async function isExport(folder: string): Promise<boolean> {
  const { exists } = await import("../model/folder.js");
  const page = join(folder, "index.html");
  return (await exists(page)) && (await readFile(page, "utf8")).includes(mark);
}

/** The page's files by their names in the folder. */
async function readBuilt(): Promise<Record<string, Uint8Array>> {
  const { exists, fileError } = await import("../model/folder.js");
  if (!(await exists(join(built, "index.html"))))
    throw new LogdetError("io", "this installation lacks the studio's pages", {
      where: [built],
      hint: "Install logdet anew; in a copy of its sources, run npm run build.",
    });
  try {
    const entries = await readdir(built, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const read = files.map(async ({ name, parentPath }): Promise<[string, Uint8Array]> => {
      const path = join(parentPath, name);
      return [path.slice(built.length + 1), await readFile(path)];
    });
    return Object.fromEntries(await Promise.all(read));
  } catch (error) {
    throw fileError(error, "the studio's pages cannot be read", built);
  }
}
