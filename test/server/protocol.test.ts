// The Open Inference Protocol, checked against its published schema (open_inference_rest.yaml of
// kserve/open-inference-protocol, version 2.0, written here again as zod) and against the model asked directly.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { load } from "../../src/model/index.js";
import { expectClose } from "../helpers/index.js";
import { errorOf, mixedModel, numbersModel, save, someRows, temporaryFolder, testServer } from "./served.js";

const folder = temporaryFolder();
const path = await save(await numbersModel(), join(folder, "numbers.logdet"));
const model = await load(path, { threads: 1 });
const server = await testServer([path]);

const parameters = z.looseObject({});
const tensorData: z.ZodType = z.array(
  z.union([z.lazy(() => tensorData), z.number(), z.string(), z.boolean()]),
);
const published = {
  serverMetadata: z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
  modelMetadata: z.object({
    name: z.string(),
    versions: z.array(z.string()).optional(),
    platform: z.string(),
    inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })),
    outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })),
  }),
  inferResponse: z.object({
    model_name: z.string(),
    model_version: z.string().optional(),
    id: z.string().optional(),
    parameters: parameters.optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int()),
        datatype: z.string(),
        parameters: parameters.optional(),
        data: tensorData,
      }),
    ),
  }),
};

const rows = someRows(5);
const inputOf = (data: unknown, extra: object = {}) => ({
  inputs: [{ name: "x", shape: [5, 3], datatype: "FP64", data }],
  ...extra,
});
const infer = "/v2/models/numbers/infer";

describe("health and metadata", () => {
  it("says that it lives and is ready", async () => {
    expect(await (await server.request("/v2/health/live")).json()).toEqual({ live: true });
    expect(await (await server.request("/v2/health/ready")).json()).toMatchObject({ ready: true });
    expect(await (await server.request("/v2/models/numbers/ready")).json()).toEqual({
      name: "numbers",
      ready: true,
    });
  });

  it("describes the server, with and without a slash at the end", async () => {
    for (const path of ["/v2", "/v2/"]) {
      const body = published.serverMetadata.parse(await (await server.request(path)).json());
      expect(body.extensions).toContain("binary_tensor_data");
    }
  });

  it("describes the model: its tensors, and what their columns are", async () => {
    const body = await (await server.request("/v2/models/numbers")).json();
    expect(published.modelMetadata.parse(body)).toMatchObject({
      name: "numbers",
      inputs: [{ name: "x", datatype: "FP64", shape: [-1, 3] }],
      outputs: [{ name: "log_prob" }, { name: "p_value" }],
    });
    expect(body).toMatchObject({
      parameters: { columns: [{ name: "a" }, { name: "b" }, { name: "c" }], calibration_rows: 60 },
    });
  });

  it("answers 404 for models that there are not, naming those that there are", async () => {
    for (const path of ["/v2/models/other", "/v2/models/other/ready", "/v2/models/..%2f..%2fetc"]) {
      const response = await server.request(path);
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toContain("numbers");
    }
  });
});

describe("inference in JSON", () => {
  it("gives the model's own log-densities and p-values, and the request's id", async () => {
    const response = await server.post(infer, inputOf([...rows], { id: "42" }));
    expect(response.status).toBe(200);
    const body = published.inferResponse.parse(await response.json());
    expect(body).toMatchObject({ model_name: "numbers", id: "42" });
    const [logProb, pValue] = body.outputs;
    expect([logProb.name, logProb.shape, logProb.datatype]).toEqual(["log_prob", [5], "FP64"]);
    expectClose(logProb.data as number[], await model.logProb(rows), { relative: 1e-5 });
    expect(pValue.data).toEqual([...(await model.pValues(rows))]);
  });

  it("takes nested data as well as flat", async () => {
    const nested = Array.from({ length: 5 }, (_, i) => [...rows.subarray(3 * i, 3 * i + 3)]);
    const [flat, deep] = [
      await server.post(infer, inputOf([...rows])),
      await server.post(infer, inputOf(nested)),
    ];
    expect(await deep.json()).toEqual(await flat.json());
  });

  it("gives the outputs that are asked for, in their order", async () => {
    const outputs = [{ name: "is_anomaly" }, { name: "p_value" }];
    const response = await server.post(infer, inputOf([...rows], { outputs, parameters: { alpha: 0.4 } }));
    const body = published.inferResponse.parse(await response.json());
    expect(body.outputs.map(({ name, datatype }) => [name, datatype])).toEqual([
      ["is_anomaly", "BOOL"],
      ["p_value", "FP64"],
    ]);
    const pValues = await model.pValues(rows);
    expect(body.outputs[0].data).toEqual(Array.from(pValues, (p) => p <= 0.4));
  });

  it("ranks by the statistic that is asked for", async () => {
    const response = await server.post(
      infer,
      inputOf([...rows], { parameters: { statistic: "latent-norm" } }),
    );
    const body = published.inferResponse.parse(await response.json());
    expect(body.outputs[1].data).toEqual([...(await model.pValues(rows, { statistic: "latent-norm" }))]);
  });

  it("answers a request of no rows with tensors of none", async () => {
    const body = { inputs: [{ name: "x", shape: [0, 3], datatype: "FP64", data: [] }] };
    const response = published.inferResponse.parse(await (await server.post(infer, body)).json());
    expect(response.outputs.map(({ shape, data }) => [shape, data])).toEqual([
      [[0], []],
      [[0], []],
    ]);
  });

  const broken: readonly [what: string, body: unknown, message: RegExp][] = [
    ["no JSON", "{", /not JSON/],
    ["no object", "[]", /expected object/],
    ["no inputs", {}, /inputs/],
    ["an empty list of inputs", { inputs: [] }, /one input/],
    [
      "another input",
      { inputs: [{ name: "y", shape: [1, 3], datatype: "FP64", data: [1, 2, 3] }] },
      /named x/,
    ],
    ["too few numbers", inputOf([1, 2, 3]), /15 numbers expected, got 3/],
    ["too many numbers", inputOf(Array(16).fill(1)), /15 numbers expected, got 16/],
    ["words", inputOf(Array(15).fill("1")), /element 1 of its data is not a number/],
    [
      "a missing cell where there may be none",
      inputOf([...rows.subarray(1), null]),
      /row 5, column c.*missing/,
    ],
    ["data that is no list", inputOf("AAAA"), /must be an array/],
    ["no data", { inputs: [{ name: "x", shape: [1, 3], datatype: "FP64" }] }, /no data/],
    [
      "another width",
      { inputs: [{ name: "x", shape: [1, 2], datatype: "FP64", data: [1, 2] }] },
      /shape must be \[rows, 3\]/,
    ],
    [
      "a shape of one size",
      { inputs: [{ name: "x", shape: [3], datatype: "FP64", data: [1, 2, 3] }] },
      /shape must be/,
    ],
    ["half a row", { inputs: [{ name: "x", shape: [0.5, 3], datatype: "FP64", data: [] }] }, /shape/],
    ["an unknown type", { inputs: [{ name: "x", shape: [1, 3], datatype: "BYTES", data: [1] }] }, /datatype/],
    ["an unknown output", inputOf([...rows], { outputs: [{ name: "z" }] }), /no output "z"/],
    ["is_anomaly without alpha", inputOf([...rows], { outputs: [{ name: "is_anomaly" }] }), /no output/],
    ["an impossible level", inputOf([...rows], { parameters: { alpha: 1e-9 } }), /out of reach/],
    [
      "a statistic without calibration",
      inputOf([...rows], { parameters: { statistic: "combined" } }),
      /not calibrated/,
    ],
    ["an id that is no text", inputOf([...rows], { id: 7 }), /id/],
    [
      "arrays without end",
      `{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":${"[".repeat(5000)}${"]".repeat(5000)}}]}`,
      /not a number/,
    ],
  ];
  it.each(broken)("refuses %s", async (_, body, message) => {
    const response = await server.post(infer, body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatch(message);
  });

  it("refuses 1e999, which JSON reads as an infinity", async () => {
    const response = await server.post(
      infer,
      JSON.stringify(inputOf([...rows])).replace(/"data":\[[^,]+,/, '"data":[1e999,'),
    );
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toBe("row 1, column a: Infinity is not a finite number");
  });
});

describe("the binary tensor data extension", () => {
  /** A request whose one input follows the JSON. */
  const binaryRequest = (bytes: Uint8Array, datatype: string, extra: object = {}, count = 5) => {
    const input = { name: "x", shape: [count, 3], datatype, parameters: { binary_data_size: bytes.length } };
    const head = new TextEncoder().encode(JSON.stringify({ inputs: [input], ...extra }));
    return {
      body: new Uint8Array(Buffer.concat([head, bytes])),
      headers: {
        "Content-Type": "application/octet-stream",
        "Inference-Header-Content-Length": String(head.length),
      },
    };
  };

  it("takes float64 and gives it back, to the last bit", async () => {
    const { body, headers } = binaryRequest(new Uint8Array(rows.buffer), "FP64", {
      parameters: { binary_data_output: true },
    });
    const response = await server.post(infer, body, headers);
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/octet-stream");
    const bytes = new Uint8Array(await response.arrayBuffer());
    const length = Number(response.headers.get("Inference-Header-Content-Length"));
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    expect(json.outputs).toEqual([
      { name: "log_prob", shape: [5], datatype: "FP64", parameters: { binary_data_size: 40 } },
      { name: "p_value", shape: [5], datatype: "FP64", parameters: { binary_data_size: 40 } },
    ]);
    const values = new Float64Array(bytes.slice(length).buffer);
    const inJson = await (await server.post(infer, inputOf([...rows]))).json();
    const told = (inJson as { outputs: { data: number[] }[] }).outputs.flatMap(({ data }) => data);
    expect([...values]).toEqual(told);
  });

  it.each([
    ["FP32", new Float32Array([1.5, -2, 3, 0.25, 0, 1])],
    ["INT64", BigInt64Array.from([1n, -2n, 3n, 0n, 4n, 1n])],
    ["INT32", Int32Array.of(1, -2, 3, 0, 4, 1)],
    ["INT16", Int16Array.of(1, -2, 3, 0, 4, 1)],
    ["INT8", Int8Array.of(1, -2, 3, 0, 4, 1)],
    ["UINT64", BigUint64Array.from([1n, 2n, 3n, 0n, 4n, 1n])],
    ["UINT32", Uint32Array.of(1, 2, 3, 0, 4, 1)],
    ["UINT16", Uint16Array.of(1, 2, 3, 0, 4, 1)],
    ["UINT8", Uint8Array.of(1, 2, 3, 0, 4, 1)],
  ])("takes %s", async (datatype, values) => {
    const bytes = new Uint8Array(values.buffer);
    const { body, headers } = binaryRequest(bytes, datatype, {}, 2);
    const response = await server.post(infer, body, headers);
    const { outputs } = published.inferResponse.parse(await response.json());
    expectClose(outputs[0].data as number[], await model.logProb(Float64Array.from(values, Number)), {
      relative: 1e-5,
    });
  });

  it("gives one output as bytes and another as JSON, and truth values a byte each", async () => {
    const outputs = [{ name: "log_prob" }, { name: "is_anomaly", parameters: { binary_data: true } }];
    const { body, headers } = binaryRequest(new Uint8Array(rows.buffer), "FP64", {
      outputs,
      parameters: { alpha: 0.5 },
    });
    const response = await server.post(infer, body, headers);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const length = Number(response.headers.get("Inference-Header-Content-Length"));
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    expect(json.outputs[0].data).toHaveLength(5);
    expect(json.outputs[1].parameters).toEqual({ binary_data_size: 5 });
    const pValues = await model.pValues(rows);
    expect([...bytes.subarray(length)]).toEqual(Array.from(pValues, (p) => Number(p <= 0.5)));
  });

  it("refuses lengths that do not fit", async () => {
    const { body, headers } = binaryRequest(new Uint8Array(rows.buffer), "FP64");
    const name = "Inference-Header-Content-Length";
    const refused: [Uint8Array, Record<string, string>][] = [
      [body, { ...headers, [name]: "-1" }],
      [body, { ...headers, [name]: "many" }],
      [body, { ...headers, [name]: String(body.length + 1) }],
      [body, { ...headers, [name]: String(Number(headers[name]) - 1) }],
      [body.subarray(0, body.length - 1), headers],
      [new Uint8Array([...body, 0]), headers],
    ];
    for (const [bytes, given] of refused) {
      const response = await server.post(infer, new Uint8Array(bytes), given);
      expect(response.status).toBe(400);
      await errorOf(response);
    }
    const short = binaryRequest(new Uint8Array(rows.buffer).subarray(8), "FP64");
    expect(await errorOf(await server.post(infer, short.body, short.headers))).toMatch(
      /120 bytes of FP64 expected/,
    );
  });
});

it("takes categories as codes and missing cells as null, of a model that knows them", async () => {
  const trees = await mixedModel(folder);
  const path = await save(trees, join(folder, "trees.logdet"));
  const mixed = await testServer([path]);
  const metadata = await (await mixed.request("/v2/models/trees")).json();
  expect(metadata).toMatchObject({
    parameters: {
      columns: expect.arrayContaining([
        { name: "kind", kind: "categorical", categories: ["beech, red", "oak"] },
      ]),
    },
  });
  const cells = await trees.sample(4, { seed: 2, missing: true });
  cells[trees.columns.findIndex(({ name }) => name === "height")] = Number.NaN;
  const data = Array.from(cells, (cell) => (Number.isNaN(cell) ? null : cell));
  const body = { inputs: [{ name: "x", shape: [4, trees.dim], datatype: "FP64", data }] };
  const { outputs } = published.inferResponse.parse(
    await (await mixed.post("/v2/models/trees/infer", body)).json(),
  );
  expectClose(outputs[0].data as number[], await trees.logProb(cells), { relative: 1e-4, absolute: 1e-4 });
});
