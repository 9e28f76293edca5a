// The options that several commands share, and how the text of an option becomes a value.

import { type Command, InvalidArgumentError, Option } from "commander";

/** What every command takes. */
export interface CommonFlags {
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly seed?: number;
  readonly threads?: number;
}

/** What commands that write a file take. */
export interface TableFlags extends CommonFlags {
  readonly format?: "csv" | "tsv" | "parquet" | "ndjson";
  readonly force?: boolean;
}

/** Adds the options that every command takes, described as each command needs. */
export function addCommonOptions(
  command: Command,
  describe: { out: string; outValue: string; json: string; seed: string },
): Command {
  return command
    .option(`-o, --out <${describe.outValue}>`, describe.out)
    .option("--seed <n>", describe.seed, seed)
    .option("--threads <n>", "threads to compute with (default: chosen from the width)", threads)
    .option("--json", describe.json)
    .option("-q, --quiet", "no progress and no notes; errors are still shown")
    .helpOption("-h, --help", "show this help");
}

/** Adds the options of commands that write a table. */
export function addTableOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--format <format>",
        "format to write (default: by the extension of --out, else csv)",
      ).choices(["csv", "tsv", "parquet", "ndjson"]),
    )
    .option("--force", "replace the file that --out names if it exists");
}

/** A parser for whole numbers in a range. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(
        most === Number.MAX_SAFE_INTEGER
          ? `It must be a whole number of at least ${least}.`
          : `It must be a whole number from ${least} to ${most}.`,
      );
    return value;
  };
}

/** A parser for numbers that a check accepts; `rule` says which: "above 0". */
export function numberThat(accepts: (value: number) => boolean, rule: string): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (!Number.isFinite(value) || !accepts(value))
      throw new InvalidArgumentError(`It must be a number ${rule}.`);
    return value;
  };
}

/** Not `parseFloat`: "3e-2x" is a mistake, not 0.03. */
function number(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

const seed = wholeNumber(-(2 ** 31), 2 ** 31 - 1);
const threads = wholeNumber(1, 1024);
