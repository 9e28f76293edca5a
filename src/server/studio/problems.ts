// Errors as the studio's reader is told of them. The reader owns folder and machine: what a model or a file lacks is said
// as the command line would say it, but without the way to the folder, which pages need not know.

import { LogdetError } from "../../errors.js";
import { fileError } from "../../model/index.js";
import { errorText, Refusal, statusOf } from "../refusal.js";

/** Of the folder, all that is needed here. */
interface Place {
  readonly path: string;
}

/** A system call that failed because of the folder: files go, or are shut, between two looks at them. */
function meant(error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "path" in error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const hasGone = code === "ENOENT" || code === "ENOTDIR";
  if (!hasGone) return fileError(error, "cannot be used", String(path));
  return new Refusal(404, "it has just gone", { where: [String(path)], hint: "Load the page anew." });
}

/** The status of an answer that is an error: 422 for what the library refuses, 500 for what nobody meant to throw. */
export function problemStatus(thrown: unknown): number {
  const error = meant(thrown);
  return error instanceof LogdetError && !(error instanceof Refusal) && statusOf(error) === 500
    ? 422
    : statusOf(error);
}

/** The error in one line. */
export function problemText(thrown: unknown, { path }: Place): string {
  const error = meant(thrown);
  if (!(error instanceof LogdetError)) return errorText(error);
  const { message, where, hint } = error;
  const short = (text: string) => text.replaceAll(`${path}/`, "").replaceAll(path, ".");
  return errorText(new Refusal(422, short(message), { where: where.map(short), hint: hint && short(hint) }));
}

/** The answer that an error becomes: `{"error": "…"}`. */
export function problemResponse(error: unknown, folder: Place): Response {
  const headers = error instanceof Refusal ? error.headers : {};
  return Response.json({ error: problemText(error, folder) }, { status: problemStatus(error), headers });
}
