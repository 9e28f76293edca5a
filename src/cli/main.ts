#!/usr/bin/env node
// The command line. It loads the command that was asked for and nothing else, so that help and version come at once.

import { Command } from "commander";
import { version } from "../version.js";
import { endQuietlyWithReader, exitCodeOf, inRed } from "./errors.js";

interface CommandModule {
  /** Gives the command its arguments, options, help and action. */
  define(command: Command): void;
}

const commands: readonly { name: string; summary: string; load(): Promise<CommandModule> }[] = [
  { name: "fit", summary: "fit a density to a table and save it as a model", load: () => import("./fit.js") },
  {
    name: "score",
    summary: "add each row's log-density and p-value under a model to a table",
    load: () => import("./score.js"),
  },
  { name: "explain", summary: "say which columns make rows strange", load: () => import("./explain.js") },
  {
    name: "detect",
    summary: "find the strangest rows of a table, and say why",
    load: () => import("./detect.js"),
  },
  {
    name: "calibrate",
    summary: "rank a model's p-values among other normal rows",
    load: () => import("./calibrate.js"),
  },
  { name: "sample", summary: "draw new rows from a model", load: () => import("./sample.js") },
  { name: "impute", summary: "fill a table's missing cells by a model", load: () => import("./impute.js") },
  { name: "serve", summary: "serve models over HTTP", load: () => import("./serve.js") },
  { name: "info", summary: "show what a model is and how good it is", load: () => import("./info.js") },
  {
    name: "shift",
    summary: "test whether new data is from the reference's distribution, and which columns moved",
    load: () => import("./shift.js"),
  },
  { name: "ica", summary: "find independent sources mixed in a table", load: () => import("./ica.js") },
  {
    name: "lab",
    summary: "rerun a paper's claim and say whether it held; without a name, list them",
    load: () => import("./lab.js"),
  },
  {
    name: "studio",
    summary: "write the lab that trains in the browser as static files",
    load: () => import("./studio.js"),
  },
];

const examples = `
Examples:
  logdet fit measurements.csv                       a minute later: measurements.logdet, with a report
  logdet score measurements.logdet new.csv > scored.csv
  logdet sample measurements.logdet -n 1000 --out new-rows.parquet
  logdet fit --help                                 all options of a command

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped before there was anything to keep.`;

async function main(): Promise<void> {
  const program = new Command("logdet")
    .description("Exact-likelihood density models of tables: fit, score, sample. Densities are in nats.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inRed(text)) })
    .configureHelp({ styleTitle: (title) => inBold(title) })
    .addHelpText("after", examples);
  for (const { name, summary, load } of commands) {
    const command = program
      .command(name)
      .summary(summary)
      .showHelpAfterError(`Type logdet ${name} --help for what it takes.`);
    if (process.argv.includes(name)) (await load()).define(command);
  }
  await program.parseAsync();
}

/** Commander takes colours out again where the output shows none. */
function inBold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

endQuietlyWithReader(process.stdout);
endQuietlyWithReader(process.stderr);
try {
  await main();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
