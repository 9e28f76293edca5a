// The server on a real socket: streams, clients that leave, names in raw headers, the end.

import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../../src/server/index.js";
import { expectClose } from "../helpers/index.js";
import { listening, numbersModel, save, someRows, temporaryFolder } from "./served.js";

const folder = temporaryFolder();
const model = await numbersModel();
const path = await save(model, join(folder, "numbers.logdet"));
const { url } = await listening([path]);
const infer = "/v2/models/numbers/infer";

const metric = async (name: string, at = url): Promise<number> => {
  const text = await (await fetch(`${at}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
};

/** Resolves once a number is what is waited for. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A request with so many rows as binary data. */
function binaryRequest(count: number): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const bytes = new Uint8Array(someRows(count).buffer);
  const input = {
    name: "x",
    shape: [count, 3],
    datatype: "FP64",
    parameters: { binary_data_size: bytes.length },
  };
  const head = new TextEncoder().encode(JSON.stringify({ inputs: [input] }));
  const headers = {
    "Content-Type": "application/octet-stream",
    "Inference-Header-Content-Length": `${head.length}`,
  };
  return { body: new Uint8Array(Buffer.concat([head, bytes])), headers };
}

/** What the server answers to these bytes, until it ends the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a server on a socket", () => {
  it("scores tensors and tables", async () => {
    const rows = someRows(40);
    const { body, headers } = binaryRequest(40);
    const response = await fetch(url + infer, { method: "POST", headers, body });
    const { outputs } = (await response.json()) as { outputs: { data: number[] }[] };
    expectClose(outputs[0].data, await model.logProb(rows), { relative: 1e-5 });
    const table = await fetch(`${url}/score`, {
      ...{ method: "POST", headers: { "Content-Type": "text/csv" }, body: "a,b,c\n0,1,2\n" },
    });
    expect(await table.text()).toMatch(/^a,b,c,log_prob,p_value\n0,1,2,/);
  });

  it("answers lines of a stream before the request has ended", async () => {
    const answers: string[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      const headers = { "Content-Type": "application/x-ndjson" };
      const call = request(`${url}/score`, { method: "POST", headers }, (response) => {
        response.setEncoding("utf8").on("data", (text: string) => {
          answers.push(...text.trimEnd().split("\n"));
          if (answers.length === 3) call.end();
          else call.write('{"a":1,"b":2,"c":3}\n');
        });
        response.on("end", resolve);
      });
      call.on("error", reject);
      call.write('{"a":1,"b":2,"c":3}\n');
    });
    await ended;
    expect(answers).toHaveLength(3);
    expect(new Set(answers).size).toBe(1);
  });

  it("frees the work of a client that has gone", async () => {
    const before = await metric("logdet_batch_rows_sum");
    const { body, headers } = binaryRequest(100_000);
    const call = request(url + infer, { method: "POST", headers });
    call.on("error", () => {});
    call.end(body);
    await until(async () => (await metric("logdet_batch_rows_sum")) > before);
    call.destroy();
    await until(async () => (await metric("logdet_requests_in_work")) === 0);
    expect((await metric("logdet_batch_rows_sum")) - before).toBeLessThan(100_000);
  });

  it("makes room again when a stream's client has gone", async () => {
    const call = request(`${url}/score`, {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
    });
    call.on("error", () => {});
    const answered = new Promise((resolve) => call.on("response", resolve));
    call.write('{"a":1,"b":2,"c":3}\n');
    await answered;
    expect(await metric("logdet_requests_in_work")).toBe(1);
    call.destroy();
    await until(async () => (await metric("logdet_requests_in_work")) === 0);
  });

  it("answers questions of health during long work", async () => {
    const { body, headers } = binaryRequest(100_000);
    const work = fetch(url + infer, { method: "POST", headers, body });
    await until(async () => (await metric("logdet_requests_in_work")) === 1);
    let answered = 0;
    const done = work.then(() => true);
    while (!(await Promise.race([done, fetch(`${url}/v2/health/live`).then(({ ok }) => !ok)]))) answered++;
    expect((await work).status).toBe(200);
    expect(answered).toBeGreaterThan(3);
  });

  it("refuses foreign names in a raw request, and requests without a name", async () => {
    const end = "Connection: close\r\n\r\n";
    expect(await raw(`GET /v2 HTTP/1.1\r\nHost: evil.example\r\n${end}`)).toMatch(/^HTTP\/1.1 403 /);
    // The whole address instead of a path: the name in it counts for nothing.
    expect(await raw(`GET http://localhost/v2 HTTP/1.1\r\nHost: evil.example\r\n${end}`)).toMatch(
      /^HTTP\/1.1 40[03] /,
    );
    expect(await raw(`GET /v2 HTTP/1.1\r\n${end}`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`GET /v2 HTTP/1.1\r\nHost: localhost\r\n${end}`)).toMatch(/^HTTP\/1.1 200 /);
  });

  it("reads no file for any path", async () => {
    for (const path of [
      "/../../../../etc/passwd",
      "/v2/models/../../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/v2/models/..%2f..%2fetc%2fpasswd",
      "/v2/models/%00",
      "/v2/models/%",
      "//etc/passwd",
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1.1 40[04] /);
      expect(answer).not.toContain("root:");
    }
  });
});

describe("the end of a server", () => {
  it("finishes what is being answered, takes no more, and then is gone", async () => {
    const serving = await serve([path], { port: 0, log: "off", threads: 1 });
    const { body, headers } = binaryRequest(60_000);
    const answer = fetch(serving.url + infer, { method: "POST", headers, body });
    await until(async () => (await metric("logdet_requests_in_work", serving.url)) === 1);
    const closed = serving.close();
    await expect(fetch(`${serving.url}/v2`)).rejects.toThrow();
    const response = await answer;
    expect(response.status).toBe(200);
    const { outputs } = (await response.json()) as { outputs: { data: number[] }[] };
    expect(outputs[0].data).toHaveLength(60_000);
    await closed;
    await serving.close();
  });

  it("cuts off what does not end within the timeout", async () => {
    const serving = await serve([path], { port: 0, log: "off", threads: 1, timeout: 0.1 });
    const socket = connect(Number(new URL(serving.url).port), "127.0.0.1");
    await new Promise((resolve) => socket.on("connect", resolve));
    socket.write(
      "POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\na",
    );
    const gone = new Promise((resolve) => socket.on("close", resolve));
    await serving.close();
    await gone;
  });
});

it("says why where it cannot listen", async () => {
  const port = Number(new URL(url).port);
  await expect(serve([path], { port, log: "off" })).rejects.toMatchObject({
    code: "io",
    message: expect.stringMatching(/another program listens there already/),
  });
});

it("loads a replaced model by itself", async () => {
  const own = await save(model, join(folder, "watched.logdet"));
  const serving = await listening([own], { reloadEvery: 0.01 });
  const first = await (await fetch(`${serving.url}/v2/models/watched`)).json();
  const other = await numbersModel(2);
  other.config.created = "2026-05-05T00:00:00.000Z";
  await save(other, own);
  await until(async () => {
    const body = (await (await fetch(`${serving.url}/v2/models/watched`)).json()) as typeof first;
    return JSON.stringify(body) !== JSON.stringify(first);
  });
});
