// Requests that are not served, as errors with an HTTP status; and any error as what a client is told.

import { type ErrorCode, LogdetError } from "../errors.js";

/** A request that is not served, and the status that says why. */
export class Refusal extends LogdetError {
  readonly status: number;
  /** Sent with the answer: `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  /** @param status 4xx where the request is at fault, 503 or 504 where the server is busy */
  constructor(
    status: number,
    message: string,
    {
      headers = {},
      ...details
    }: { where?: readonly string[]; hint?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(status < 500 ? "usage" : "interrupted", message, details);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
  }
}

/** What a client wrote, for a message: however long it is. */
export const shorten = (text: string, most = 40): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

/** What the library's errors say of a request. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: 400,
  shape: 400,
  data: 400,
  numeric: 422,
};

/** The status of an answer that is an error: 500 for what nobody meant to throw. */
export function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  return error instanceof LogdetError ? (statuses[error.code] ?? 500) : 500;
}

/** The error in one line. What nobody meant to throw stays in the log: it may tell of the machine. */
export function errorText(error: unknown): string {
  if (!(error instanceof LogdetError) || statusOf(error) === 500)
    return "the server failed: its log says why";
  return shorten(error.toText(), 1000).replace(/([.?!])?\n/g, (_, end = ".") => `${end} `);
}

/** The answer that an error becomes: `{"error": "…"}`. */
export function errorResponse(error: unknown): Response {
  const headers = error instanceof Refusal ? error.headers : {};
  return Response.json({ error: errorText(error) }, { status: statusOf(error), headers });
}
