// A request's body: read whole or in pieces, never beyond the limit, and checked.

import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Refusal } from "./refusal.js";

/** What may be done about a body that is too large, where it holds rows to score. */
const fewerRows = "Send fewer rows at a time, or start the server with a larger --max-body.";

const tooLarge = (maxBody: number, hint: string) =>
  new Refusal(413, `the body is larger than ${maxBody} bytes`, { hint });

/** Bytes that a body says it has; undefined if it does not say. @throws Refusal 413 if that is too many */
function declaredLength(c: Context, maxBody: number, hint: string): number | undefined {
  const text = c.req.header("content-length");
  if (text === undefined || c.req.header("transfer-encoding") !== undefined) return undefined;
  const length = Number(text);
  if (length > maxBody) throw tooLarge(maxBody, hint);
  return length;
}

/**
 * The whole body.
 *
 * @param hint what to do where it is too large
 * @throws Refusal 413 if it is larger than `maxBody` bytes, 400 if the connection broke; the signal's reason if aborted
 */
export async function readBody(
  c: Context,
  maxBody: number,
  signal: AbortSignal,
  hint: string = fewerRows,
): Promise<Uint8Array> {
  if (declaredLength(c, maxBody, hint) !== undefined)
    return new Uint8Array(await orAbort(c.req.arrayBuffer().catch(broken), signal));
  const pieces: Uint8Array[] = [];
  for await (const piece of bodyPieces(c, maxBody, () => signal, hint)) pieces.push(piece);
  return pieces.length === 1 ? pieces[0] : new Uint8Array(Buffer.concat(pieces));
}

/**
 * The body as it comes.
 *
 * @param signal asked for anew at each piece
 * @throws as `readBody`
 */
export async function* bodyPieces(
  c: Context,
  maxBody: number,
  signal: () => AbortSignal,
  hint: string = fewerRows,
): AsyncGenerator<Uint8Array> {
  declaredLength(c, maxBody, hint);
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return;
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await orAbort(reader.read().catch(broken), signal());
      if (done) return;
      total += value.length;
      if (total > maxBody) throw tooLarge(maxBody, hint);
      yield value;
    }
  } finally {
    // The rest is of no use to anyone; where there is none this does nothing.
    reader.cancel().catch(() => {});
  }
}

function broken(error: unknown): never {
  throw new Refusal(400, `the body could not be read: ${error instanceof Error ? error.message : error}`);
}

/** The promise, or the signal's reason if that comes first. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** A body's bytes as text. @throws Refusal 400 if they are not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, "the body is not UTF-8 text");
  }
}

/** JSON of a certain shape. @throws Refusal 400 that names the first thing that does not fit */
export function parseJson<T>(text: string, schema: z.ZodType<T>, where: readonly string[] = []): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${(error as Error).message}`, { where });
  }
  return checked(value, schema, where);
}

/** @throws Refusal 400 that names the first thing that does not fit */
export function checked<T>(value: unknown, schema: z.ZodType<T>, where: readonly string[] = []): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Refusal(400, message.slice(0, 200), {
    where: [...where, ...(path.length > 0 ? [path.join(".").slice(0, 100)] : [])],
  });
}

/** A body's type without its parameters: "application/json". */
export function contentType(c: Context): string {
  return (c.req.header("content-type") ?? "").split(";")[0].trim().toLowerCase();
}

/** @throws Refusal 415 for compressed bodies */
export function requirePlain(c: Context): void {
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding !== "identity")
    throw new Refusal(415, "the body is compressed, and this server takes plain ones only");
}
