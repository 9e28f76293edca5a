// The client of the serving benchmark, against a server whose answers are known.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, it } from "vitest";
import { runLoad } from "../../bench/lib/serve-load.js";

let asked = 0;
let most = 0;
let open = 0;
const server = createServer((request, response) => {
  open++;
  most = Math.max(most, open);
  let body = "";
  request.on("data", (data) => {
    body += data;
  });
  request.on("end", () => {
    asked++;
    open--;
    response.statusCode = asked % 5 === 0 ? 429 : 200;
    response.end(body);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
afterAll(() => {
  server.close();
});

it("keeps so many connections busy, and counts what was asked in the measured time and what failed", async () => {
  const load = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: "/x",
    headers: { "Content-Type": "text/plain" },
    body: Buffer.from("hello").toString("base64"),
    ...{ connections: 4, warmup: 0.05, seconds: 0.2 },
  };
  const { requests, failures, latencies } = await runLoad(load);
  expect(requests).toBe(latencies.length);
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThan(asked);
  expect(failures).toBe(Math.floor(asked / 5));
  expect(most).toBeLessThanOrEqual(4);
  expect(Math.min(...latencies)).toBeGreaterThan(0);
});
