// An answer that is sent while the request is still coming in.

import { errorText } from "./refusal.js";
import type { Work } from "./service.js";

/**
 * The answer whose lines a generator makes. It begins with the first of them, so that a request that is wrong from the
 * start gets a status that says so. What goes wrong later is the last line: `{"error": "…"}`.
 *
 * @param work ended with the stream
 */
export async function streamed(
  lines: AsyncGenerator<string>,
  work: Work,
  mediaType: string,
): Promise<Response> {
  let next: IteratorResult<string, void> | undefined = await lines.next();
  const encoder = new TextEncoder();
  const end = async () => {
    await lines.return(undefined);
    await work.end();
  };
  const { signal } = work.ticket;
  // Also where nobody reads any more.
  signal.addEventListener("abort", () => void end(), { once: true });
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = next ?? (await lines.next());
        next = undefined;
        if (!done) {
          controller.enqueue(encoder.encode(value));
          return;
        }
        signal.throwIfAborted();
      } catch (error) {
        controller.enqueue(encoder.encode(`${JSON.stringify({ error: errorText(error) })}\n`));
      }
      controller.close();
      await end();
    },
    async cancel() {
      work.ticket.cancel();
      await end();
    },
  });
  return new Response(stream, { headers: { "Content-Type": mediaType } });
}
