// How far a long piece of work is: a bar that is redrawn in place on a terminal, a line now and then elsewhere.

import { styleText } from "node:util";
import { formatSeconds } from "./format.js";

/** How far the work is. */
export interface Position {
  readonly done: number;
  readonly total: number;
  /** What is counted and how it goes: shown after the bar. */
  readonly text: string;
  /** Shown before the bar. */
  readonly label?: string;
}

/** A bar is redrawn at most this often, in milliseconds. */
const redrawEvery = 100;
/** Lines elsewhere than on a terminal: never faster than one a second, at each tenth of the work or half minute. */
const lineEvery = 1000;
const lineAtLeastEvery = 30_000;
const widestBar = 30;
/** Where the width is unknown. */
const usualWidth = 80;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #silent: boolean;
  readonly #live: boolean;
  #started: { at: number; done: number } | undefined;
  #shown = { at: Number.NEGATIVE_INFINITY, share: Number.NEGATIVE_INFINITY };
  #line = "";
  /** The longest text so far: the bar keeps its length when a text gets shorter. */
  #longest = 0;

  constructor(stream: NodeJS.WriteStream, { silent = false }: { silent?: boolean } = {}) {
    this.#stream = stream;
    this.#silent = silent;
    this.#live = stream.isTTY === true && process.env.TERM !== "dumb";
  }

  /** Characters a line holds; no limit where nobody reads it on a terminal. */
  get width(): number {
    return this.#live ? this.#columns : Number.POSITIVE_INFINITY;
  }

  get #columns(): number {
    return this.#stream.columns || usualWidth;
  }

  /** Call it as often as you like: it decides what is worth showing. */
  update(position: Position): void {
    if (this.#silent) return;
    const now = performance.now();
    this.#started ??= { at: now, done: position.done };
    if (this.#live) this.#redraw(position, now);
    else this.#report(position, now);
  }

  /** What is being done, without a bar; as often as you like, too. */
  say(text: string): void {
    if (this.#silent) return;
    const now = performance.now();
    if (now - this.#shown.at < (this.#live ? redrawEvery : lineEvery)) return;
    this.#shown = { at: now, share: 0 };
    if (this.#live) {
      this.#line = text.slice(0, this.#columns - 1);
      this.#stream.write(`\r${this.#line}\u001b[K`);
    } else this.#stream.write(`${text}\n`);
  }

  #redraw(position: Position, now: number): void {
    if (now - this.#shown.at < redrawEvery) return;
    this.#shown = { at: now, share: 0 };
    const label = position.label ? `${position.label} ` : "";
    const rest = [position.text, this.#timeLeft(position, now)].filter(Boolean).join("  ");
    // One column stays free: a full line would make some terminals scroll.
    const room = this.#columns - 1 - label.length;
    this.#longest = Math.max(this.#longest, rest.length);
    const barWidth = Math.min(widestBar, room - this.#longest - 1);
    const bar = barWidth < 5 ? "" : `${this.#bar(position.done / position.total, barWidth)} `;
    this.#line = `${label}${bar}${rest.slice(0, Math.max(0, room))}`;
    this.#stream.write(`\r${this.#line}\u001b[K`);
  }

  #bar(share: number, width: number): string {
    const full = Math.round(Math.min(1, Math.max(0, share)) * width);
    const paint = (style: "cyan" | "dim", text: string) => styleText(style, text, { stream: this.#stream });
    return paint("cyan", "━".repeat(full)) + paint("dim", "─".repeat(width - full));
  }

  #report(position: Position, now: number): void {
    const waited = now - this.#shown.at;
    const share = position.done / position.total;
    if (this.#shown.at === Number.NEGATIVE_INFINITY) {
      // Short work is over before it needs a line.
      this.#shown = { at: now, share: Number.NEGATIVE_INFINITY };
      return;
    }
    if (waited < lineEvery || (share - this.#shown.share < 0.1 && waited < lineAtLeastEvery)) return;
    this.#shown = { at: now, share };
    const parts = [position.label, position.text, this.#timeLeft(position, now)];
    this.#stream.write(`${parts.filter(Boolean).join("  ")}\n`);
  }

  #timeLeft({ done, total }: Position, now: number): string {
    const { at, done: first } = this.#started!;
    const elapsed = (now - at) / 1000;
    if (elapsed < 0.5 || done <= first) return "";
    return `${formatSeconds(Math.ceil((elapsed * (total - done)) / (done - first)))} left`;
  }

  /** Prints text of its own; a bar that stands on the line is drawn again below it. */
  print(text: string): void {
    if (this.#silent) return;
    const line = this.#line;
    this.clear();
    this.#stream.write(`${text}\n`);
    if (line) {
      this.#line = line;
      this.#stream.write(line);
    }
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#line) this.#stream.write("\r\u001b[K");
    this.#line = "";
  }
}
