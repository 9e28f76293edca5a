// logdet serve MODEL...: models over HTTP, until Ctrl-C.

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { LogdetError } from "../errors.js";
import { exitCodes } from "./errors.js";
import { onInterrupt } from "./interrupt.js";
import { numberThat, wholeNumber } from "./options.js";

interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly allowHost?: string[];
  readonly maxRows: number;
  readonly maxBody: number;
  readonly queue: number;
  readonly timeout: number;
  readonly batchWait: number;
  readonly log: "json" | "text" | "off";
  readonly threads?: number;
}

export function define(command: Command): void {
  command
    .description(
      "Serves models over HTTP: the Open Inference Protocol under /v2, tables in and out at /score and /sample, " +
        "/metrics for Prometheus, and /openapi.json, which describes all of it. A model is called by its folder's name. " +
        "When a folder is replaced, the new model takes over; one that is damaged changes nothing.",
    )
    .argument("<model...>", "model folders")
    .option("-p, --port <n>", "port to listen on; 0: one that is free", wholeNumber(0, 65_535), 8080)
    .option("--host <address>", "address to listen on; any that others can reach needs a token", "127.0.0.1")
    .option("--token-file <file>", "clients must send this file's text as a bearer token (or LOGDET_TOKEN's)")
    .option("--allow-host <name...>", "other names that clients call this server by")
    .optionsGroup("Limits:")
    .option("--max-rows <n>", "rows of a request", wholeNumber(1), 100_000)
    .option(
      "--max-body <MiB>",
      "size of a request's body",
      numberThat((value) => value > 0, "above 0"),
      32,
    )
    .option("--queue <n>", "requests that may wait or be at work; those beyond get 429", wholeNumber(1), 256)
    .option(
      "--timeout <seconds>",
      "time that a request may take",
      numberThat((value) => value > 0, "above 0"),
      30,
    )
    .option(
      "--batch-wait <ms>",
      "time that rows wait for those of other requests to be scored with",
      numberThat((value) => value >= 0, "of at least 0"),
      0,
    )
    .optionsGroup("Running:")
    .addOption(
      new Option("--log <format>", "a line a request on standard error")
        .choices(["json", "text", "off"])
        .default("json"),
    )
    .option("--threads <n>", "threads to compute with (default: chosen from the width)", wholeNumber(1, 1024))
    .helpOption("-h, --help", "show this help")
    .addHelpText(
      "after",
      `
Ctrl-C or SIGTERM finishes what is being answered and ends; a second one ends at once.

Examples:
  logdet serve measurements.logdet
  curl -H 'Content-Type: text/csv' --data-binary @new.csv 'localhost:8080/score?alpha=0.01'
  logdet serve models/*.logdet --host 0.0.0.0 --token-file token.txt --log text`,
    )
    .action(run);
}

async function run(folders: string[], flags: ServeFlags): Promise<void> {
  const token = await tokenOf(flags);
  const { serve } = await import("../server/index.js");
  const { allowHost: allowedHosts = [], maxBody, tokenFile: _, ...rest } = flags;
  const { url, close } = await serve(folders, {
    ...{ ...rest, allowedHosts, token },
    maxBody: Math.floor(maxBody * 2 ** 20),
  });
  process.stdout.write(`${url}\n`);
  const { signal, release } = onInterrupt(() => {});
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await close();
  release();
  process.exitCode = exitCodes.done;
}

/** The token that the file or the environment holds, without the space around it; undefined if there is none. */
async function tokenOf({ tokenFile }: ServeFlags): Promise<string | undefined> {
  const given = tokenFile === undefined ? process.env.LOGDET_TOKEN : await readText(tokenFile);
  const token = given?.trim();
  if (token === undefined || (token === "" && tokenFile === undefined)) return undefined;
  // What a header can hold; less than 16 characters can be guessed.
  if (/^[\x21-\x7e]{16,}$/.test(token)) return token;
  throw new LogdetError("usage", "the token must be 16 or more letters, digits and signs, without spaces", {
    where: [tokenFile ?? "LOGDET_TOKEN"],
    hint: "Make one: openssl rand -hex 32",
  });
}

async function readText(file: string): Promise<string> {
  const { exists, fileError } = await import("../model/index.js");
  if (!(await exists(file)))
    throw new LogdetError("io", "the token cannot be read: there is no such file", {
      where: [file],
      hint: `Make it: openssl rand -hex 32 > ${file}`,
    });
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw fileError(error, "the token cannot be read", file);
  }
}
