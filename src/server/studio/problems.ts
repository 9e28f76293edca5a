// Errors as the studio's reader is told of them. The reader owns folder and machine: what a model or a file lacks is said
// as the command line would say it, but without the way to the folder, which pages need not know.

import { LogdetError } from "../../errors.js";
import { errorText, Refusal, statusOf } from "../refusal.js";

/** Of the folder, all that is needed here. */
interface Place {
  readonly path: string;
}

/** The status of an answer that is an error: 422 for what the library refuses, 500 for what nobody meant to throw. */
export function problemStatus(error: unknown): number {
  return error instanceof LogdetError && !(error instanceof Refusal) && statusOf(error) === 500
    ? 422
    : statusOf(error);
}

/** The error in one line. */
export function problemText(error: unknown, { path }: Place): string {
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
