// Requests for model work, from the door to the answer: how many at a time, how long, and what ends them early.

import type { Context } from "hono";
import type { Metrics } from "./metrics.js";
import type { Limits } from "./options.js";
import { Refusal } from "./refusal.js";

/** A request that has been let in. */
export interface Ticket {
  /** Aborted when the client has gone, or the time is over; the reason is a Refusal. */
  readonly signal: AbortSignal;
  /** Grants the time anew, to a stream that has shown life. */
  restart(): void;
  /** Ends the request as if the client had gone. */
  cancel(): void;
  /** Makes room for others. To be called once the request is answered, whatever the answer; more calls do nothing. */
  close(): void;
}

/** Lets requests in as long as there is room. */
export class Intake {
  readonly #limits: Pick<Limits, "queue" | "timeout" | "maxBody">;
  readonly #metrics: Metrics;
  #inside = 0;
  /** Bytes that the bodies of those inside may have. */
  #bytes = 0;

  constructor(limits: Pick<Limits, "queue" | "timeout" | "maxBody">, metrics: Metrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /**
   * @param mostBytes that the body may have, for one that does not say how many it has
   * @throws Refusal 429 if as many requests as there may be are waiting or at work, or their bodies together would be as
   * large as eight of the largest
   */
  admit(c: Context, mostBytes: number): Ticket {
    const { queue, timeout, maxBody } = this.#limits;
    const declared = Number(c.req.header("content-length") ?? Number.NaN);
    const bytes = Number.isNaN(declared) ? mostBytes : Math.min(declared, mostBytes);
    if (this.#inside >= queue || (this.#bytes > 0 && this.#bytes + bytes > 8 * maxBody)) {
      this.#metrics.refused.inc({ reason: "queue" });
      throw new Refusal(429, "the server has as many requests as it takes at a time", {
        hint: "Try again in a second.",
        headers: { "Retry-After": "1" },
      });
    }
    this.#inside++;
    this.#bytes += bytes;
    this.#metrics.working.set(this.#inside);

    const controller = new AbortController();
    const outOfTime = () =>
      controller.abort(
        new Refusal(504, `the request took more than ${timeout} s`, {
          hint: "Send fewer rows at a time, or start the server with a larger --timeout.",
        }),
      );
    let timer = setTimeout(outOfTime, timeout * 1000);
    const cancel = () => controller.abort(new Refusal(499, "the client has gone"));
    const client = c.req.raw.signal;
    if (client.aborted) cancel();
    else client.addEventListener("abort", cancel, { once: true });
    let open = true;
    return {
      signal: controller.signal,
      restart: () => {
        clearTimeout(timer);
        if (open) timer = setTimeout(outOfTime, timeout * 1000);
      },
      cancel,
      close: () => {
        if (!open) return;
        open = false;
        clearTimeout(timer);
        client.removeEventListener("abort", cancel);
        this.#inside--;
        this.#bytes -= bytes;
        this.#metrics.working.set(this.#inside);
      },
    };
  }
}
