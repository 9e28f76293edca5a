// /openapi.json against the schemas of OpenAPI 3.1 and JSON Schema 2020-12, and what the server answers against
// /openapi.json.

import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { mixedModel, numbersModel, save, someRows, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const numbers = await save(await numbersModel(), join(folder, "numbers.logdet"));
const trees = await save(await mixedModel(folder), join(folder, "trees.logdet"));
const token = "0123456789abcdef";
const server = await testServer([numbers, trees]);
const secured = await testServer([numbers], { token, limits: { maxBody: 200, maxRows: 4 } });

type Json = Record<string, unknown>;

interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: Json }>>;

const read = async (from: typeof server, headers = {}) =>
  (await (await from.request("/openapi.json", { headers })).json()) as Document;
const document = await read(server);
const withToken = await read(secured, { Authorization: `Bearer ${token}` });

/** Unknown keywords are errors, but for OpenAPI's own: those that its vocabulary adds to JSON Schema. */
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false, validateFormats: false });
for (const keyword of ["example", "externalDocs", "discriminator", "xml"]) ajv.addKeyword(keyword);
const home = "https://logdet.example/openapi.json";
/** The document's references, where ajv finds what they name. */
const referring = <T>(schema: T): T =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/components/schemas/', `"$ref":"${home}#/$defs/`));
ajv.addSchema({ $id: home, $defs: referring(document.components.schemas) });
const compile = (schema: Json): ValidateFunction => ajv.compile(referring(schema));

/** Why a value is not what a schema says; empty if it is. */
function problems(schema: Json, value: unknown): string {
  const validate = compile(schema);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

describe("the document", () => {
  it.each([
    ["without a token", document],
    ["with a token", withToken],
  ])("is valid by the official schema of OpenAPI 3.1, %s", async (_, document) => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("would be refused if it were not: that schema is looked at", async () => {
    const parameters = [{ name: "x", in: "nowhere" }];
    const broken = { ...document, paths: { "/v2": { get: { ...document.paths["/v2"].get, parameters } } } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it("has only schemas that are JSON Schema 2020-12, without keywords that are none", () => {
    const schemas = Object.entries(document.components.schemas);
    expect(schemas.length).toBeGreaterThan(10);
    for (const [name, schema] of schemas) {
      expect(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`).toBe(true);
      expect(() => compile(schema), name).not.toThrow();
    }
    for (const [path, operations] of Object.entries(document.paths))
      for (const { requestBody, responses } of Object.values(operations))
        for (const content of [requestBody?.content, ...Object.values(responses).map((one) => one.content)])
          for (const { schema } of Object.values(content ?? {}))
            expect(() => compile(schema), path).not.toThrow();
  });

  it("gives examples that its own schemas take", () => {
    const visit = (node: unknown, place: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { example, ...schema } = node as Json;
      if (example !== undefined && "type" in schema) expect(problems(schema, example), place).toBe("");
      for (const [key, child] of Object.entries(node)) visit(child, `${place}/${key}`);
    };
    visit(document, "");
  });
});

/** Fails unless an answer is one that the document has for this route, status and type; gives its body. */
async function expectDocumented(method: string, route: string, response: Response): Promise<unknown> {
  const answer = document.paths[route][method].responses[response.status];
  expect(answer, `${method} ${route} answers ${response.status}`).toBeDefined();
  const type = response.headers.get("Content-Type")!.split(";")[0].trim();
  const media = answer.content?.[type];
  expect(media, `${method} ${route} answers ${response.status} as ${type}`).toBeDefined();
  const text = await response.text();
  if (type === "application/x-ndjson")
    return text
      .trim()
      .split("\n")
      .map((line) => {
        const row = JSON.parse(line);
        expect(problems(media!.schema, row)).toBe("");
        return row;
      });
  const body: unknown = type === "application/json" ? JSON.parse(text) : text;
  expect(problems(media!.schema, body), `${method} ${route} ${response.status}`).toBe("");
  return body;
}

const rows = Array.from(someRows(2));
const json = { "Content-Type": "application/json" };
const infer = "/v2/models/{model}/infer";
const inferBody = { inputs: [{ name: "x", shape: [2, 3], datatype: "FP64", data: rows }] };
const tree = { kind: "oak", planted: "2024-01-20T05:00:00", height: null, growth: 0.1 };
const table = [{ a: 1, b: 2, c: 3 }];

interface Answer {
  readonly what: string;
  readonly method: "get" | "post";
  readonly route: string;
  readonly url: string;
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const get = (what: string, route: string, url: string, status = 200): Answer => ({
  ...{ what, method: "get", route, url, status },
});
const post = (
  what: string,
  url: string,
  status: number,
  body: unknown,
  headers: Answer["headers"] = json,
): Answer => ({
  ...{ what, method: "post", url, status, body, headers },
  route: url.endsWith("/infer") ? infer : url.replace(/\?.*/, ""),
});
const titled = (answer: Answer) => [`${answer.what}: ${answer.method} ${answer.route}`, answer] as const;
const text = { "Content-Type": "text/plain" };

/** Every answer that a client can bring about without waiting. */
const answers: readonly Answer[] = [
  get("liveness", "/v2/health/live", "/v2/health/live"),
  get("readiness", "/v2/health/ready", "/v2/health/ready"),
  get("the server", "/v2", "/v2"),
  get("a model of numbers", "/v2/models/{model}", "/v2/models/numbers"),
  get("a model of categories and dates", "/v2/models/{model}", "/v2/models/trees"),
  get("no model", "/v2/models/{model}", "/v2/models/none", 404),
  get("a model's readiness", "/v2/models/{model}/ready", "/v2/models/trees/ready"),
  get("no model's readiness", "/v2/models/{model}/ready", "/v2/models/none/ready", 404),
  get("the models", "/models", "/models"),
  get("metrics", "/metrics", "/metrics"),
  get("the document itself", "/openapi.json", "/openapi.json"),
  post("tensors", "/v2/models/numbers/infer", 200, { ...inferBody, id: "7" }),
  post("truth values", "/v2/models/numbers/infer", 200, { ...inferBody, parameters: { alpha: 0.5 } }),
  post("tensors as bytes", "/v2/models/numbers/infer", 200, {
    ...inferBody,
    outputs: [{ name: "log_prob", parameters: { binary_data: true } }],
  }),
  post("tensors that are none", "/v2/models/numbers/infer", 400, { inputs: 1 }),
  post("tensors for no model", "/v2/models/none/infer", 404, inferBody),
  post("tensors as text", "/v2/models/numbers/infer", 415, "x", text),
  post("scores", "/score?model=trees&alpha=0.3", 200, [tree]),
  post("scores of a table", "/score?model=numbers", 200, { rows: table }),
  post("scores as CSV", "/score?model=numbers", 200, table, { ...json, Accept: "text/csv" }),
  post("scores of lines", "/score?model=numbers", 200, `${JSON.stringify(table[0])}\n`, {
    "Content-Type": "application/x-ndjson",
  }),
  post("scores of nothing known", "/score?model=numbers", 400, [{ z: 1 }]),
  post("scores of no model", "/score?model=none", 404, table),
  post("scores of text", "/score?model=numbers", 415, "x", text),
  post("draws", "/sample?model=trees", 200, { rows: 3, missing: true }),
  post(
    "draws as lines",
    "/sample?model=trees",
    200,
    { rows: 3 },
    { ...json, Accept: "application/x-ndjson" },
  ),
  post("draws of less than one row", "/sample?model=trees", 400, { rows: 0 }),
  post("draws of no model", "/sample?model=none", 404, { rows: 1 }),
  post("another host's page", "/score", 403, table, { ...json, Origin: "http://other.example" }),
];

describe("answers are what the document says", () => {
  it.each(answers.map(titled))("%s", async (_, { method, route, url, status, body, headers }) => {
    const response = method === "get" ? await server.request(url) : await server.post(url, body, headers);
    expect(response.status).toBe(status);
    await expectDocumented(method, route, response);
  });

  it("with a token, and with limits", async () => {
    const bearer = { ...json, Authorization: `Bearer ${token}` };
    for (const [route, operations] of Object.entries(document.paths))
      for (const method of Object.keys(operations)) {
        if (route.startsWith("/v2/health")) continue;
        const url = route.replace("{model}", "numbers");
        const response = method === "get" ? await secured.request(url) : await secured.post(url, {});
        expect(response.status, url).toBe(401);
        await expectDocumented(method, route, response);
      }
    const large = await secured.post("/score", [{ a: 1, b: 2, c: 3, d: "x".repeat(300) }], bearer);
    expect(large.status).toBe(413);
    await expectDocumented("post", "/score", large);
    const many = await secured.post("/sample", { rows: 5 }, bearer);
    expect(many.status).toBe(413);
    await expectDocumented("post", "/sample", many);
  });

  it("of a server that is busy, slow or about to end", async () => {
    const busy = await testServer([numbers], { limits: { queue: 1 }, draining: () => true });
    const ready = await busy.request("/v2/health/ready");
    expect(ready.status).toBe(503);
    await expectDocumented("get", "/v2/health/ready", ready);
    const both = await Promise.all([1, 2].map(() => busy.post("/sample", { rows: 3 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 429]);
    for (const response of both) await expectDocumented("post", "/sample", response);

    const slow = await testServer([numbers], { limits: { timeout: 0.005 } });
    for (const [route, url] of [
      [infer, "/v2/models/numbers/infer"],
      ["/score", "/score"],
      ["/sample", "/sample"],
    ]) {
      const response = await slow.request(url, {
        ...{ method: "POST", headers: json, duplex: "half" },
        // One that never comes.
        body: new ReadableStream(),
      } as RequestInit);
      expect(response.status).toBe(504);
      await expectDocumented("post", route, response);
    }
  });
});

describe("requests are what the document says", () => {
  const request = (route: string) =>
    document.paths[route].post.requestBody!.content["application/json"].schema;

  const taken = answers.filter(({ method, status, body }) => {
    return method === "post" && status === 200 && typeof body === "object";
  });
  it.each(taken.map(titled))("%s, is taken by the schema too", (_, { route, body }) => {
    expect(problems(request(route), body)).toBe("");
  });

  it("what the schema refuses, the server refuses with 400", async () => {
    const refused: readonly [route: string, url: string, body: unknown][] = [
      [infer, "/v2/models/numbers/infer", {}],
      [
        infer,
        "/v2/models/numbers/infer",
        { inputs: [{ name: "x", shape: [0.5, 3], datatype: "FP64", data: [] }] },
      ],
      [infer, "/v2/models/numbers/infer", { ...inferBody, parameters: { alpha: 1.5 } }],
      [infer, "/v2/models/numbers/infer", { ...inferBody, parameters: { statistic: "none" } }],
      ["/score", "/score?model=numbers", { rows: table, more: 1 }],
      ["/score", "/score?model=numbers", [{ a: [] }]],
      ["/sample", "/sample?model=numbers", { rows: 1.5 }],
      ["/sample", "/sample?model=numbers", { rows: 1, seed: 2 ** 31 }],
      ["/sample", "/sample?model=numbers", { rows: 1, more: 1 }],
    ];
    for (const [route, url, body] of refused) {
      expect(problems(request(route), body), JSON.stringify(body)).not.toBe("");
      expect((await server.post(url, body)).status, JSON.stringify(body)).toBe(400);
    }
  });
});
