// Who may ask: pages of other sites and callers without the token may not.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../../src/server/index.js";
import { errorOf, numbersModel, save, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const path = await save(await numbersModel(), join(folder, "numbers.logdet"));
const get = (headers: Record<string, string>) => ({ headers });

describe("a server for this machine", async () => {
  const server = await testServer([path], { allowedHosts: ["Model.example.org"] });

  it.each([
    "localhost",
    "localhost:8080",
    "LOCALHOST:1",
    "127.0.0.1:8080",
    "[::1]:8080",
    "model.example.org",
  ])("answers to %s", async (host) => {
    expect((await server.request("/v2", get({ Host: host }))).status).toBe(200);
  });

  it.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "[::2]",
    "a@localhost",
  ])("refuses to be called %s, as after DNS rebinding", async (host) => {
    for (const path of ["/v2", "/v2/health/live", "/score", "/nowhere"]) {
      const response = await server.request(path, get({ Host: host }));
      expect(response.status).toBe(403);
      expect(await errorOf(response)).toMatch(/not its own/);
    }
  });

  it.each<Record<string, string>>([
    { Origin: "http://evil.example" },
    { Origin: "http://localhost:9999" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ])("refuses a page of another site, known by %o", async (headers) => {
    const response = await server.request("/sample", {
      ...{ method: "POST", body: '{"rows":1}' },
      headers: { Host: "localhost:8080", "Content-Type": "application/json", ...headers },
    });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toMatch(/another site/);
  });

  it("never gives leave to other sites", async () => {
    const response = await server.request("/score", {
      method: "OPTIONS",
      headers: { Host: "localhost", Origin: "http://evil.example", "Access-Control-Request-Method": "POST" },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });

  it("answers its own pages", async () => {
    const headers = {
      Host: "localhost:8080",
      Origin: "http://localhost:8080",
      "Sec-Fetch-Site": "same-origin",
    };
    expect((await server.request("/v2", get(headers))).status).toBe(200);
  });

  it("counts what it refused, by reason", async () => {
    const text = await (await server.request("/metrics")).text();
    expect(text).toMatch(/^logdet_refused_total{reason="host"} \d+$/m);
    expect(text).toMatch(/^logdet_refused_total{reason="origin"} \d+$/m);
  });
});

describe("a server with a token", async () => {
  const token = "0123456789abcdef";
  const server = await testServer([path], { token, host: "0.0.0.0" });

  it("refuses requests without it, or with another", async () => {
    for (const authorization of [
      "",
      token,
      `Bearer ${token}0`,
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      "Basic x",
    ]) {
      const response = await server.request("/v2", get({ Authorization: authorization }));
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toBe("Bearer");
      expect(await errorOf(response)).not.toContain(token);
    }
    expect((await server.request("/metrics")).status).toBe(401);
    expect((await server.request("/openapi.json")).status).toBe(401);
    expect((await server.request("/v2/models/numbers/ready")).status).toBe(401);
  });

  it("answers with it, whatever it is called", async () => {
    for (const scheme of ["Bearer", "bearer"]) {
      const headers = { Host: "model.example.org", Authorization: `${scheme} ${token}` };
      expect((await server.request("/v2", get(headers))).status).toBe(200);
    }
  });

  it("answers to the names it was given alone, where it was given some; probes know none", async () => {
    const named = await testServer([path], { token, host: "0.0.0.0", allowedHosts: ["model.example.org"] });
    const ask = (url: string, host: string) =>
      named.request(url, get({ Host: host, Authorization: `Bearer ${token}` }));
    expect((await ask("/v2", "model.example.org")).status).toBe(200);
    expect((await ask("/v2", "10.0.0.7:8080")).status).toBe(403);
    expect((await ask("/v2/health/ready", "10.0.0.7:8080")).status).toBe(200);
  });

  it("tells probes whether it lives, and nothing else", async () => {
    expect(await (await server.request("/v2/health/live")).json()).toEqual({ live: true });
    expect((await server.request("/v2/health/ready")).status).toBe(200);
  });
});

it("refuses to listen where others could reach it, without a token", async () => {
  for (const host of ["0.0.0.0", "::", "192.168.1.7", "model.example.org", "127.evil.example"])
    await expect(serve([path], { host, port: 0, log: "off" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/has no token/),
    });
});
