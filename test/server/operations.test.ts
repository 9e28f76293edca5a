// What operators read: /metrics, /openapi.json, the log.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createApp, Log, Models } from "../../src/server/index.js";
import { errorOf, numbersModel, save, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const path = await save(await numbersModel(), join(folder, "numbers.logdet"));
const server = await testServer([path]);
const row = { a: 1, b: 2, c: 3 };

describe("/metrics", () => {
  it("is in Prometheus's text format, every number with its type and help", async () => {
    await server.post("/score", [row, row]);
    await server.request("/no/such/path/of/a/client");
    const response = await server.request("/metrics");
    expect(response.headers.get("Content-Type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const types = new Map<string, string>();
    for (const line of text
      .trimEnd()
      .split("\n")
      .filter((line) => line !== "")) {
      const [, name, type] = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
      if (name) types.set(name, type);
      else if (!line.startsWith("# HELP ")) {
        const sample = /^([a-z_:][\w:]*)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN)$/i.exec(
          line,
        );
        expect(sample, line).not.toBeNull();
        expect(
          types.has(sample?.[1].replace(/_(bucket|sum|count)$/, "") ?? "") || types.has(sample?.[1] ?? ""),
        ).toBe(true);
      }
    }
    expect(Object.fromEntries(types)).toMatchObject({
      logdet_requests_total: "counter",
      logdet_request_seconds: "histogram",
      logdet_rows_total: "counter",
      logdet_batch_rows: "histogram",
      logdet_requests_in_work: "gauge",
    });
    expect(text).toMatch(/^logdet_rows_total{model="numbers",work="score"} 2$/m);
    expect(text).toMatch(/^logdet_requests_total{route="none",status="404"} 1$/m);
    expect(text).not.toContain("client");
  });
});

describe("/openapi.json", () => {
  interface Document {
    openapi: string;
    info: { title: string; version: string };
    paths: Record<
      string,
      Record<string, { summary: string; responses: Record<string, { description: string }> }>
    >;
    components: { schemas: Record<string, unknown> };
  }

  it("is OpenAPI 3.1: every path with its answers, every reference with its schema", async () => {
    const response = await server.request("/openapi.json");
    const document = (await response.json()) as Document;
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({ title: "logdet", version: expect.any(String) });
    expect(Object.keys(document.paths).sort()).toEqual([
      "/metrics",
      "/models",
      "/openapi.json",
      "/sample",
      "/score",
      "/v2",
      "/v2/health/live",
      "/v2/health/ready",
      "/v2/models/{model}",
      "/v2/models/{model}/infer",
      "/v2/models/{model}/ready",
    ]);
    for (const operations of Object.values(document.paths))
      for (const [method, { summary, responses }] of Object.entries(operations)) {
        expect(["get", "post"]).toContain(method);
        expect(summary).not.toBe("");
        for (const { description } of Object.values(responses)) expect(description).not.toBe("");
      }
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(0);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name);
    // 3.1 has lists of types where 3.0 had "nullable".
    expect(text).not.toContain('"nullable"');
  });

  it("lists no path that is not answered", async () => {
    const { paths } = (await (await server.request("/openapi.json")).json()) as Document;
    for (const [path, operations] of Object.entries(paths))
      for (const method of Object.keys(operations)) {
        const url = path.replace("{model}", "numbers");
        const response = await server.request(url, { method: method.toUpperCase() });
        expect([200, 415], `${method} ${path}`).toContain(response.status);
      }
  });

  it("names the token where there is one", async () => {
    const token = "0123456789abcdef";
    const secured = await testServer([path], { token });
    const headers = { Authorization: `Bearer ${token}` };
    expect(await (await secured.request("/openapi.json", { headers })).json()).toMatchObject({
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    });
  });
});

describe("the log", () => {
  it("has a line of JSON a request, with its route and never what it held", async () => {
    server.log.length = 0;
    await server.post("/score?alpha=0.5", [{ ...row, secret: "hush" }]);
    await server.request("/secret/path\nforged");
    const lines = server.log.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      {
        level: "info",
        event: "request",
        method: "POST",
        route: "/score",
        status: 200,
        model: "numbers",
        rows: 1,
      },
      { event: "request", method: "GET", route: "none", status: 404 },
    ]);
    for (const { time, ms } of lines) {
      expect(new Date(time).toISOString()).toBe(time);
      expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect(server.log.join("")).not.toMatch(/hush|secret|0\.5|forged/);
  });

  it("can be for people, or off", () => {
    const lines: string[] = [];
    new Log("text", (line) => lines.push(line)).warn("model kept", {
      model: "a b",
      reason: "x\ny",
      rows: 3,
      none: undefined,
    });
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} warn: model kept model="a b" reason="x\\ny" rows=3\n$/),
    ]);
    new Log("off", (line) => lines.push(line)).info("request");
    expect(lines).toHaveLength(1);
  });

  it("tells what nobody foresaw, and the client nothing of it", async () => {
    const lines: string[] = [];
    const log = new Log("json", (line) => lines.push(line));
    const models = await Models.open([path], () => ({ log, batcher: {}, onReload: () => {} }));
    const app = createApp(models, { log });
    const served = models.get("numbers");
    if (!served) throw new Error("no model");
    served.current.batcher.score = () => {
      throw new TypeError("secret of the machine");
    };
    const response = await app.request("/score", {
      ...{ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify([row]) },
    });
    expect(response.status).toBe(500);
    expect(await errorOf(response)).toBe("the server failed: its log says why");
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: "error", route: "/score", reason: "secret of the machine" }),
    );
    await models.close();
  });
});
