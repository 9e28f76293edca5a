// logdet studio: pages in the browser over a folder; and with --export one of them, the lab, as files for any static web
// server.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { LogdetError } from "../errors.js";
import { exitCodes } from "./errors.js";
import { countOf, formatBytes } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { wholeNumber } from "./options.js";
import { Output } from "./output.js";

interface StudioFlags {
  readonly port?: number;
  readonly open?: boolean;
  readonly log?: "json" | "text" | "off";
  readonly export?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Where the build puts the pages. */
const built = fileURLToPath(new URL("../studio", import.meta.url));
/** What every export contains: `--force` replaces nothing else. */
const mark = "<title>logdet lab</title>";

export function define(command: Command): void {
  command
    .description(
      "Opens the studio: pages in the browser over the tables and models of a folder. Fit a table and watch, look at what " +
        "a model has learned, find strange rows and why they are strange, see what has drifted.",
    )
    .argument("[folder]", "folder with tables and models (default: this one)")
    .option("--port <n>", "port to listen on, 0 for any that is free (default: 4747)", wholeNumber(0, 65_535))
    .option("--open", "open the system's browser")
    .addOption(
      new Option("--log <format>", "what is told of requests that failed").choices(["json", "text", "off"]),
    )
    .optionsGroup("The lab as files:")
    .option(
      "--export <folder>",
      "write one page, the lab, as files for any static web server, and end; flows learn densities in the plane there",
    )
    .option("--force", "replace an earlier export")
    .option("--json", "the folder, its files and their size as JSON")
    .option("-q, --quiet", "no progress and no notes; errors are still shown")
    .helpOption("-h, --help", "show this help")
    .addHelpText(
      "after",
      `
The studio listens on this machine alone (127.0.0.1) and uses no file outside of the folder. Ctrl-C ends it.

Examples:
  logdet studio
  logdet studio measurements --open
  ssh -L 4747:localhost:4747 far-away               then, there: logdet studio; and open http://localhost:4747 here
  logdet studio --export lab-page
  python3 -m http.server --directory lab-page       any other web server does as well; then open its address`,
    )
    .action(run);
}

async function run(folder: string | undefined, flags: StudioFlags): Promise<void> {
  const output = new Output(flags);
  if (flags.export === undefined) return open(folder ?? ".", flags, output);
  if (folder !== undefined)
    throw new LogdetError("usage", "--export writes the lab, which has no use for a folder of tables", {
      hint: "Leave one of them out.",
    });
  return exportLab(flags.export, flags, output);
}

/** Serves the pages until Ctrl-C. */
async function open(folder: string, { port, log, open: wanted }: StudioFlags, output: Output): Promise<void> {
  const { Log } = await import("../server/index.js");
  const { startStudio } = await import("../server/studio/index.js");
  const { url, close } = await startStudio(folder, { pages: built, port, log: new Log(log ?? "text") });
  process.stdout.write(`${url}\n`);
  output.note("The studio is open at this address, for this machine alone. Ctrl-C ends it.");
  if (wanted) openBrowser(url, output);
  const { signal, release } = onInterrupt(() => {});
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await close();
  release();
  process.exitCode = exitCodes.done;
}

/** What opens an address on each system. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["explorer.exe"],
};

function openBrowser(url: string, output: Output): void {
  const [program, ...rest] = openers[process.platform] ?? ["xdg-open"];
  const failed = () => output.note("Note: no browser could be opened; open the address yourself.");
  spawn(program, [...rest, url], { stdio: "ignore", detached: true })
    .on("error", failed)
    .unref();
}

async function exportLab(folder: string, flags: StudioFlags, output: Output): Promise<void> {
  await requireFree(folder, flags.force ?? false);
  const { readBuilt } = await import("../server/studio/index.js");
  const files = Object.fromEntries(await readBuilt(join(built, "lab")));
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
