// The server's log: one line an event, as JSON or for people. Never a request's content, never its headers.

import type { LogFormat } from "./options.js";

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** @example log.info("request", { route: "/score", status: 200, ms: 1.2 }) */
export class Log {
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;

  /** @param write takes a line with its end; default: standard error */
  constructor(format: LogFormat, write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.#format = format;
    this.#write = write;
  }

  info(event: string, fields: Fields = {}): void {
    this.#line("info", event, fields);
  }

  warn(event: string, fields: Fields = {}): void {
    this.#line("warn", event, fields);
  }

  error(event: string, fields: Fields = {}): void {
    this.#line("error", event, fields);
  }

  #line(level: string, event: string, fields: Fields): void {
    if (this.#format === "off") return;
    const time = new Date().toISOString();
    if (this.#format === "json") this.#write(`${JSON.stringify({ time, level, event, ...fields })}\n`);
    else {
      const known = Object.entries(fields).filter(([, value]) => value !== undefined);
      const words = known.map(
        ([name, value]) => `${name}=${typeof value === "string" ? quoted(value) : value}`,
      );
      const mark = level === "info" ? [] : [`${level}:`];
      this.#write(`${[time.slice(11, 23), ...mark, event, ...words].join(" ")}\n`);
    }
  }
}

/** Text that may not end the line, nor look like another field. */
const quoted = (text: string) => (/^[\w./:-]+$/.test(text) ? text : JSON.stringify(text));
