// How a server is set up, and what it takes unless told otherwise.

/** What one request may ask for, and how many may be asked at a time. */
export interface Limits {
  /** Rows of a request. Default: 100,000. */
  readonly maxRows: number;
  /** Bytes of a request's body. Default: 32 MiB. */
  readonly maxBody: number;
  /** Requests for model work that are waiting or at work; those beyond get 429. Default: 256. */
  readonly queue: number;
  /** Seconds that a request may take. Default: 30. */
  readonly timeout: number;
  /** Milliseconds that rows wait for those of other requests. Default: 0, what has arrived by the next turn. */
  readonly batchWait: number;
}

export const defaultLimits: Limits = {
  maxRows: 100_000,
  maxBody: 32 * 2 ** 20,
  queue: 256,
  timeout: 30,
  batchWait: 0,
};

/** How requests are logged: a line of JSON each, a line for people, not at all. */
export const logFormats = ["json", "text", "off"] as const;
export type LogFormat = (typeof logFormats)[number];

export interface ServeOptions extends Partial<Limits> {
  /** Address to listen on. Default: 127.0.0.1; any that others can reach needs a token. */
  readonly host?: string;
  /** Default: 8080; 0: one that is free. */
  readonly port?: number;
  /** What clients send as `Authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
  /** Names by which clients may call this server, besides its own address: `model.example.org`. */
  readonly allowedHosts?: readonly string[];
  readonly log?: LogFormat;
  /** Threads of ONNX Runtime; its own choice by default. */
  readonly threads?: number | undefined;
  /** Seconds between two looks at the models' folders. Default: 1. */
  readonly reloadEvery?: number;
}
