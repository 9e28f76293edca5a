// Who hears what: results go to standard output, notes and progress to standard error.

import { writeFile } from "node:fs/promises";
import { styleText } from "node:util";
import { wrap } from "./format.js";
import type { CommonFlags } from "./options.js";
import { Progress } from "./progress.js";

// One style at a time: for a list of them, Node 20 does not look at the stream.
type Style = "bold" | "dim";

/** The two streams of a command, as --json and --quiet want them. */
export class Output {
  readonly progress: Progress;
  readonly #json: boolean;
  readonly #quiet: boolean;
  #plain = false;

  constructor({ json = false, quiet = false }: Pick<CommonFlags, "json" | "quiet">) {
    this.#json = json;
    this.#quiet = quiet;
    this.progress = new Progress(process.stderr, { silent: quiet });
  }

  /** The result: as data with --json, otherwise as lines for people. To standard output, or to a file. */
  async result(data: unknown, lines: () => readonly string[], file?: string): Promise<void> {
    this.progress.clear();
    this.#plain = file !== undefined;
    const text = `${this.#json ? JSON.stringify(data, undefined, 2) : lines().join("\n")}\n`;
    if (file === undefined) process.stdout.write(text);
    else await writeText(file, text);
  }

  /** Something the user should know; a bar that is being drawn steps aside. */
  note(text: string): void {
    if (!this.#quiet) this.progress.print(wrap(text, this.progress.width));
  }

  /** What is being done now, where nobody knows how much there is to do. */
  say(text: string): void {
    this.progress.say(text);
  }

  /** Text of a result in a style, where standard output shows it. */
  style(style: Style, text: string): string {
    return this.#plain ? text : styleText(style, text, { stream: process.stdout });
  }
}

async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const { fileError } = await import("../model/index.js");
    throw fileError(error, "cannot be written", file);
  }
}

/** How this program was called, for messages that say what to type next. */
export const programName = process.env.npm_command === "exec" ? "npx logdet" : "logdet";
