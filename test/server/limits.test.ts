// What a request may not be: too large, too many, too slow, of another type.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorOf, numbersModel, save, someRows, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const path = await save(await numbersModel(), join(folder, "numbers.logdet"));
const infer = "/v2/models/numbers/infer";
const json = { "Content-Type": "application/json" };

const requestOf = (count: number) => ({
  inputs: [{ name: "x", shape: [count, 3], datatype: "FP64", data: [...someRows(count)] }],
});

/** A body that gives its pieces and then waits for ever. */
const endless = (...pieces: string[]) =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
    },
  });

const streamed = (body: ReadableStream, headers: Record<string, string> = json) =>
  ({ method: "POST", headers, body, duplex: "half" }) as RequestInit;

describe("size", async () => {
  const server = await testServer([path], { limits: { maxRows: 10, maxBody: 2000 } });

  it("refuses more rows than the limit, by 413", async () => {
    expect((await server.post(infer, requestOf(10))).status).toBe(200);
    const response = await server.post(infer, requestOf(11));
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatch(/11 rows are more than the 10/);
    const rows = Array.from({ length: 11 }, () => ({ a: 1, b: 2, c: 3 }));
    expect((await server.post("/score", rows)).status).toBe(413);
    expect(
      (await server.post("/score", `a,b,c\n${"1,2,3\n".repeat(11)}`, { "Content-Type": "text/csv" })).status,
    ).toBe(413);
    expect((await server.post("/sample", { rows: 11 })).status).toBe(413);
  });

  it("makes no room for rows that are only said to come", async () => {
    const body = { inputs: [{ name: "x", shape: [1e15, 3], datatype: "FP64", data: [] }] };
    expect((await server.post(infer, body)).status).toBe(413);
  });

  it("refuses a larger body by what it says of itself, before reading it", async () => {
    const response = await server.request(
      infer,
      streamed(endless("{"), { ...json, "Content-Length": "2001" }),
    );
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatch(/larger than 2000 bytes/);
  });

  it("refuses a larger body that does not say how large it is, once it is", async () => {
    const response = await server.request(infer, streamed(endless("x".repeat(1500), "x".repeat(1500))));
    expect(response.status).toBe(413);
    expect((await server.request("/sample", streamed(endless("x".repeat(9000))))).status).toBe(413);
  });
});

describe("types", async () => {
  const server = await testServer([path]);

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])(
    "refuses %s, which a page could send",
    async (type) => {
      const headers: Record<string, string> = type === "" ? {} : { "Content-Type": type };
      for (const path of [infer, "/score", "/sample"]) {
        const body = new TextEncoder().encode("{}");
        const response = await server.post(path, body, headers);
        expect(response.status).toBe(415);
        expect(await errorOf(response)).toMatch(/must be application\/json/);
      }
    },
  );

  it("refuses compressed bodies", async () => {
    const response = await server.post("/score", "[]", { ...json, "Content-Encoding": "gzip" });
    expect(response.status).toBe(415);
  });
});

describe("time", async () => {
  const server = await testServer([path], { limits: { timeout: 0.005 } });

  it("gives up on work that takes longer, by 504", async () => {
    const response = await server.post(infer, requestOf(60_000));
    expect(response.status).toBe(504);
    expect(await errorOf(response)).toMatch(/more than 0.005 s/);
  });

  it("gives up on a body that does not come", async () => {
    expect((await server.request(infer, streamed(endless("{")))).status).toBe(504);
    expect((await server.request("/sample", streamed(endless("{")))).status).toBe(504);
  });

  it("ends a stream that stands still with an error, after what was scored", async () => {
    const patient = await testServer([path], { limits: { timeout: 1 } });
    const headers = { "Content-Type": "application/x-ndjson" };
    // The first request compiles; what counts here is the wait for the next line.
    expect((await patient.post("/score", [{ a: 1, b: 2, c: 3 }])).status).toBe(200);
    const response = await patient.request("/score", streamed(endless('{"a":1,"b":2,"c":3}\n'), headers));
    expect(response.status).toBe(200);
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line)).at(-1))).toEqual(["p_value", "error"]);
    // The request has made room for others.
    expect(await (await patient.request("/metrics")).text()).toMatch(/^logdet_requests_in_work 0$/m);
  });
});

describe("the queue", async () => {
  const server = await testServer([path], { limits: { queue: 2 } });

  it("answers 429 with Retry-After beyond its length, and takes requests again afterwards", async () => {
    const responses = await Promise.all(Array.from({ length: 5 }, () => server.post(infer, requestOf(3))));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429]);
    const refused = responses.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect((await server.post(infer, requestOf(3))).status).toBe(200);
    expect(await (await server.request("/metrics")).text()).toMatch(
      /^logdet_refused_total{reason="queue"} 3$/m,
    );
  });

  it("answers questions of health while it is full", async () => {
    const headers = { "Content-Type": "application/x-ndjson" };
    const stuck = [1, 2].map(() =>
      server.request("/score", streamed(endless('{"a":1,"b":2,"c":3}\n'), headers)),
    );
    const responses = await Promise.all(stuck);
    expect((await server.post(infer, requestOf(1))).status).toBe(429);
    expect((await server.request("/v2/health/ready")).status).toBe(200);
    await Promise.all(responses.map(({ body }) => body?.cancel()));
    expect((await server.post(infer, requestOf(1))).status).toBe(200);
  });

  it("holds no more than eight of the largest bodies at a time", async () => {
    const small = await testServer([path], { limits: { maxBody: 1000 } });
    const responses = await Promise.all(
      Array.from({ length: 12 }, () =>
        small.post(infer, requestOf(3), { ...json, "Content-Length": "1000" }),
      ),
    );
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(4);
    // A body that does not say how large it is may be as large as there may be.
    const silent = await Promise.all(
      Array.from({ length: 12 }, () => {
        const body = new Response(JSON.stringify(requestOf(3))).body as ReadableStream;
        return small.request(infer, streamed(body));
      }),
    );
    expect(silent.filter(({ status }) => status === 429)).toHaveLength(4);
  });
});
