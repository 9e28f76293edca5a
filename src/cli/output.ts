// Who hears what: results go to standard output, notes and progress to standard error.

import { styleText } from "node:util";
import { wrap } from "./format.js";
import type { CommonFlags } from "./options.js";
import { Progress } from "./progress.js";

type Style = Parameters<typeof styleText>[0];

/** The two streams of a command, as --json and --quiet want them. */
export class Output {
  readonly progress: Progress;
  readonly #json: boolean;
  readonly #quiet: boolean;

  constructor({ json = false, quiet = false }: Pick<CommonFlags, "json" | "quiet">) {
    this.#json = json;
    this.#quiet = quiet;
    this.progress = new Progress(process.stderr, { silent: quiet });
  }

  /** The result: as data with --json, otherwise as lines for people. */
  result(data: unknown, lines: () => readonly string[]): void {
    this.progress.clear();
    process.stdout.write(`${this.#json ? JSON.stringify(data, undefined, 2) : lines().join("\n")}\n`);
  }

  /** Something the user should know; a bar that is being drawn steps aside. */
  note(text: string): void {
    if (!this.#quiet) this.progress.print(wrap(text, this.progress.width));
  }

  /** Text in a style, where standard output shows it. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }
}

/** How this program was called, for messages that say what to type next. */
export const programName = process.env.npm_command === "exec" ? "npx logdet" : "logdet";
