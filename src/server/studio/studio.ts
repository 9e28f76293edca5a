// What every part of the studio's server works with, and how pages ask.

import type { Context } from "hono";
import type { z } from "zod";
import { contentType, parseJson, readBody, textOf } from "../body.js";
import { Refusal } from "../refusal.js";
import type { Detections } from "./detections.js";
import type { StudioFolder } from "./folder.js";
import type { OpenModels } from "./open-models.js";
import { problemText } from "./problems.js";
import type { Runs } from "./runs.js";
import type { StudioTables } from "./tables.js";

export interface Studio {
  readonly folder: StudioFolder;
  readonly models: OpenModels;
  readonly tables: StudioTables;
  /** The fits of this session. Default: none yet, each in a thread of its own. */
  readonly runs?: Runs;
  /** Tables judged without a model. Default: none yet, each in a thread of its own. */
  readonly detections?: Detections;
}

/** Questions are short: rows come from files. */
const largestQuestion = 2 ** 20;

/**
 * What a page asks, as JSON of a certain shape.
 *
 * @throws Refusal 400, 413, 415
 */
export async function questionOf<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  // A form of another site could send text, but never this.
  if (contentType(c) !== "application/json") throw new Refusal(415, "the question is not application/json");
  const hint = "Questions are short: rows come from the folder's files.";
  return parseJson(textOf(await readBody(c, largestQuestion, c.req.raw.signal, hint)), schema);
}

/**
 * An answer that comes piece by piece: JSON, one line a piece. What goes wrong on the way is the last line,
 * `{"error": "…"}`.
 *
 * @param pieces told to end by the signal when nobody reads any more
 */
export function answerInPieces<T>(
  { folder }: Pick<Studio, "folder">,
  c: Context,
  pieces: (signal: AbortSignal) => AsyncGenerator<T>,
): Response {
  const controller = new AbortController();
  const gone = () => controller.abort(new Refusal(499, "the page has gone"));
  c.req.raw.signal.addEventListener("abort", gone, { once: true });
  const generator = pieces(controller.signal);
  const encoder = new TextEncoder();
  const line = (value: unknown) => encoder.encode(`${JSON.stringify(value)}\n`);
  const stream = new ReadableStream<Uint8Array>({
    async pull(stream) {
      try {
        const { done, value } = await generator.next();
        if (done) stream.close();
        else stream.enqueue(line(value));
      } catch (error) {
        if (controller.signal.aborted) return;
        stream.enqueue(line({ error: problemText(error, folder) }));
        stream.close();
      }
    },
    async cancel() {
      gone();
      await generator.return(undefined);
    },
  });
  return new Response(stream, { headers: { "Content-Type": "application/x-ndjson" } });
}
