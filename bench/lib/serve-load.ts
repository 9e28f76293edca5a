// Load on a server over loopback: so many connections, each of which asks again as soon as it is answered. Runs as a
// process of its own, so that the server's time is the server's.

import { Agent, request } from "node:http";

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, so that it travels in a message. */
  readonly body: string;
  readonly connections: number;
  /** Warm-up, then measured. */
  readonly warmup: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  /** Milliseconds of each request that began in the measured time. */
  readonly latencies: readonly number[];
}

/** Asks and waits for the whole answer. @returns the status */
function ask(load: Load, body: Buffer, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { ...load.headers, "Content-Length": body.length };
    const call = request(load.url + load.path, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const body = Buffer.from(load.body, "base64");
  const started = performance.now();
  const [from, until] = [started + load.warmup * 1000, started + (load.warmup + load.seconds) * 1000];
  const latencies: number[] = [];
  let failures = 0;
  const connection = async () => {
    for (let now = performance.now(); now < until; now = performance.now()) {
      const status = await ask(load, body, agent);
      if (status !== 200) failures++;
      if (now >= from) latencies.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  agent.destroy();
  const seconds = (performance.now() - from) / 1000;
  return { requests: latencies.length, failures, seconds, latencies };
}

// In the child process: one load a message.
if (process.send && process.argv[2] === "load")
  process.on("message", (load: Load) => {
    void runLoad(load).then((result) => process.send?.(result));
  });
