// Errors as a person at a terminal sees them, and the exit code that a script sees.

import { styleText } from "node:util";
import { CommanderError } from "commander";
import { LogdetError } from "../errors.js";

/** What the process ends with. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Says on standard error what went wrong, and returns the exit code that goes with it. */
export function exitCodeOf(error: unknown): number {
  // Commander has spoken already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const text = textOf(error);
  if (text === undefined) return exitCodes.done;
  process.stderr.write(inRed(`error: ${text}\n`));
  if (process.env.LOGDET_DEBUG && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
  if (!(error instanceof LogdetError)) return exitCodes.failed;
  if (error.code === "interrupted") return exitCodes.interrupted;
  return error.code === "usage" ? exitCodes.usage : exitCodes.failed;
}

/** Undefined: nothing went wrong that anyone wants to hear of. */
function textOf(error: unknown): string | undefined {
  if (error instanceof LogdetError) return hasCode(error.cause, "EPIPE") ? undefined : error.toText();
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /allocation failed|array length/i.test(message))
    return "there is not enough memory\nWork on fewer rows at a time.";
  return [
    `unexpected: ${message.split("\n")[0]}`,
    "This is a defect of logdet. Please report it, with the command and, if you can, the data;",
    "LOGDET_DEBUG=1 before the command shows where it happened.",
  ].join("\n");
}

function stackOf(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\nCaused by ${stackOf(error.cause)}` : stack;
}

/** `logdet … | head`: once the reader has gone, there is nobody to tell and nothing left to do. */
export function endQuietlyWithReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error) => {
    if (hasCode(error, "EPIPE")) process.exit(exitCodes.done);
    const where = stream === process.stdout ? "standard output" : "standard error";
    process.exit(
      exitCodeOf(
        new LogdetError("io", `cannot be written: ${error.message}`, {
          where: [where],
          hint: "Is the disk full?",
          cause: error,
        }),
      ),
    );
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The first word in red, where standard error shows colours. */
export function inRed(text: string): string {
  return text.replace(/^error:/, (word) => styleText("red", word, { stream: process.stderr }));
}
