// The one error that logdet throws on purpose. It is data; the command line, the server and the page each
// turn it into text in their own way.

/** What kind of thing went wrong. Stable: programs may switch on it. */
export type ErrorCode =
  | "usage" // the caller asked for something that does not exist or does not fit together
  | "shape" // tensor shapes that do not agree
  | "data" // the table cannot be read or used
  | "model" // the saved model is missing, damaged or from elsewhere
  | "io" // reading or writing files failed
  | "training" // training cannot go on
  | "numeric" // a number is out of range, a matrix is singular
  | "interrupted"; // the user stopped the work

/**
 * An error with a code, the path to the culprit and a hint about what to do.
 *
 * - `message`: what went wrong, in one sentence.
 * - `where`: the culprit, from the outside in: `["data.csv", "row 48213", "column pressure"]`, `["layer 3", "weight"]`.
 * - `hint`: what the user can do about it.
 *
 * @example
 * throw new LogdetError("data", "column \"city\" is not numeric", { where: ["data.csv"], hint: "use --exclude city" })
 */
export class LogdetError extends Error {
  readonly code: ErrorCode;
  readonly where: readonly string[];
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { where?: readonly string[]; hint?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "LogdetError";
    this.code = code;
    this.where = details.where ?? [];
    this.hint = details.hint;
  }

  /** The error as the sentences a person reads: `data.csv, row 3: ... . Hint: ...`. */
  toText(): string {
    const place = this.where.length > 0 ? `${this.where.join(", ")}: ` : "";
    return `${place}${this.message}${this.hint ? `\n${this.hint}` : ""}`;
  }
}
