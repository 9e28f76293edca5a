// logdet lab [NAME]: a paper's claim, rerun, with a verdict. Without a name, the list of labs.

import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { LogdetError } from "../errors.js";
import type { Lab, LabReport } from "../lab/index.js";
import { alignPairs, formatSeconds } from "./format.js";
import { onInterrupt } from "./interrupt.js";
import { addCommonOptions, type CommonFlags } from "./options.js";
import { Output } from "./output.js";

interface LabFlags extends CommonFlags {
  readonly full?: boolean;
  readonly smoke?: boolean;
  readonly data?: string;
  readonly force?: boolean;
}

const defaultFolder = "lab";

export function define(command: Command): void {
  command
    .description(
      "Reruns the claim of a paper and says whether it held, with the numbers that the verdict rests on, a picture " +
        "and a table of figures. Without a name: lists the labs, what each claims and how long it takes.",
    )
    .argument("[name]", "which lab")
    .option("--full", "the paper's size, or near it, instead of one of minutes")
    .addOption(new Option("--smoke", "a size of seconds").conflicts("full").hideHelp())
    .option("--data <folder>", "a folder of data, for labs that can use some");
  addCommonOptions(command, {
    outValue: "folder",
    out: `folder for the picture, the figures and the verdict (default: ${defaultFolder})`,
    json: "the verdict and its figures, or the list, as JSON",
    seed: "same seed: same experiment, up to times (default: 0)",
  })
    .option("--force", "replace files in the folder that are of no earlier run of the lab")
    .addHelpText(
      "after",
      `
Examples:
  logdet lab                                        the labs
  logdet lab toys
  logdet lab toys --full --seed 1 --out results
  logdet lab toys --json | jq .held

The exit code is 0 whether or not the claim held: a run that came to a verdict is done.`,
    )
    .action(run);
}

async function run(name: string | undefined, flags: LabFlags): Promise<void> {
  const output = new Output(flags);
  const { labNamed, labs } = await import("../lab/table.js");
  if (name === undefined) return list(Object.values(labs), flags, output);
  const lab = labNamed(name);
  const { full = false, smoke = false, data, out = defaultFolder, seed = 0, force = false } = flags;
  const threads = flags.threads ?? Math.min(2, availableParallelism());
  if (data !== undefined) await requireFolder(data);
  const { prepareFolder, writeReport } = await import("../lab/output.js");
  const { runLab } = await import("../lab/run.js");
  await prepareFolder(out, name, force);
  output.note(`Claim: ${lab.claim}`);
  const interruption = onInterrupt(() => output.note("Stopping; there will be no verdict."));
  try {
    const { report, svg } = await runLab(lab, {
      ...{ full, smoke, seed, threads, data },
      signal: interruption.signal,
      onProgress: (text) => output.say(text),
    });
    const files = await writeReport(out, report, svg);
    await output.result({ ...report, files }, () => describe(report, files, output));
  } finally {
    interruption.release();
  }
}

async function list(labs: readonly Lab[], flags: LabFlags, output: Output): Promise<void> {
  const misplaced = Object.keys(flags).find((flag) => !["json", "quiet"].includes(flag));
  if (misplaced !== undefined)
    throw new LogdetError("usage", `--${misplaced} needs the name of a lab`, {
      hint: `Choose one of ${labs.map(({ name }) => name).join(", ")}.`,
    });
  const data = labs.map(({ name, claim, source, duration }) => ({ lab: name, claim, source, duration }));
  await output.result(data, () => [
    ...labs.flatMap(({ name, claim, source, duration }) => [
      `${output.style("bold", name)}, ${duration}`,
      ...indented([
        ["claim", claim],
        ["source", source],
      ]),
    ]),
    "",
    "Run one: logdet lab NAME. Times are for two threads, without --full.",
  ]);
}

/** @throws LogdetError "io" if there is no such folder. */
async function requireFolder(path: string): Promise<void> {
  const { exists } = await import("../model/folder.js");
  if ((await exists(path)) && (await stat(path)).isDirectory()) return;
  throw new LogdetError("io", "there is no such folder", { where: [path], hint: "--data takes a folder." });
}

function describe(report: LabReport, files: readonly string[], output: Output): string[] {
  const verdict = output.style("bold", report.held ? "the claim held" : "the claim did not hold");
  return [
    `${report.lab}: ${verdict} (${formatSeconds(report.seconds)})`,
    ...indented([
      ["claim", report.claim],
      ["verdict", report.verdict],
      ["files", files.join(", ")],
    ]),
  ];
}

function indented(pairs: readonly (readonly [string, string])[]): string[] {
  const width = (process.stdout.columns || Number.POSITIVE_INFINITY) - 2;
  return alignPairs(pairs, width).map((line) => `  ${line}`);
}
