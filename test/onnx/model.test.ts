import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { writeOnnxModel } from "../../src/onnx/index.js";
import { GraphWriter } from "../../src/onnx/writer.js";
import * as t from "../../src/tensor/index.js";
import { expectClose } from "../helpers/index.js";

const x = t.input("x", ["batch", 2]);

describe("an ONNX model", () => {
  test("declares standard operators of opset 18, and names its ports, shapes and types", () => {
    const bytes = writeOnnxModel({
      inputs: [{ name: "rows", tensor: x }],
      outputs: [
        { name: "total", tensor: t.sum(x, 1) },
        { name: "positive", tensor: t.greater(x, 0) },
      ],
      metadata: { note: "hello" },
    });
    const model = fromBinary(ModelProtoSchema, bytes);
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 18n]]);
    expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([["note", "hello"]]);
    const ports = [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])].map(({ name, type }) => {
      const value = type?.value;
      if (value?.case !== "tensorType") throw new Error("not a tensor");
      return [name, value.value.elemType, value.value.shape?.dim.map((dim) => dim.value.value)];
    });
    // 1 is float32, 9 is bool.
    expect(ports).toEqual([
      ["rows", 1, ["batch", 2n]],
      ["total", 1, ["batch"]],
      ["positive", 9, ["batch", 2n]],
    ]);
  });

  test("does not look behind its inputs, which may be inner tensors", async () => {
    const inner = t.logAbsDet(t.parameter([2, 2], [1, 2, 3, 4]));
    const bytes = writeOnnxModel({
      inputs: [
        { name: "x", tensor: x },
        { name: "logDet", tensor: inner },
      ],
      outputs: [{ name: "y", tensor: t.add(t.sum(x, 1), inner) }],
    });
    const session = await InferenceSession.create(bytes);
    const { y } = await session.run({
      x: new OrtTensor("float32", [1, 2, 3, 4], [2, 2]),
      logDet: new OrtTensor("float32", [10], []),
    });
    expect([...(y.data as Float32Array)]).toEqual([13, 17]);
  });

  test("takes and gives float64 in the units of the outside world", async () => {
    // A time in milliseconds: float32 would see steps of 131 seconds.
    const units = { center: Float64Array.of(1.7e12, 0), scale: Float64Array.of(1000, 1e30) };
    const bytes = writeOnnxModel({
      inputs: [{ name: "raw", tensor: x, units }],
      outputs: [
        { name: "inside", tensor: x },
        { name: "outside", tensor: t.mul(x, 2), units },
      ],
    });
    const session = await InferenceSession.create(bytes);
    const raw = new OrtTensor("float64", [1.7e12 + 1500, 3e30, 1.7e12 - 250, -1e30], [2, 2]);
    const { inside, outside } = await session.run({ raw });
    expect(inside.type).toBe("float32");
    expect([...(inside.data as Float32Array)]).toEqual([1.5, 3, -0.25, -1]);
    expect(outside.type).toBe("float64");
    expectClose(outside.data as Float64Array, [1.7e12 + 3000, 6e30, 1.7e12 - 500, -2e30], {
      relative: 1e-15,
    });
  });

  test("may give an input or a constant back as an output", async () => {
    const bytes = writeOnnxModel({
      inputs: [{ name: "x", tensor: x }],
      outputs: [
        { name: "same", tensor: x },
        { name: "three", tensor: t.constant(3) },
      ],
    });
    const session = await InferenceSession.create(bytes);
    const { same, three } = await session.run({ x: new OrtTensor("float32", [5, 6], [1, 2]) });
    expect([...(same.data as Float32Array), ...(three.data as Float32Array)]).toEqual([5, 6, 3]);
  });

  test("stores equal scalars, and what depends on the batch's size, once", () => {
    const [a, b] = [t.mul(x, t.fullLike(x, 2)), t.mul(t.exp(x), t.fullLike(x, 2))];
    const bytes = writeOnnxModel({
      inputs: [{ name: "x", tensor: x }],
      outputs: [{ name: "y", tensor: t.mul(t.mean(a), t.mean(b)) }],
    });
    const { graph } = fromBinary(ModelProtoSchema, bytes);
    expect(graph?.node.filter(({ opType }) => opType === "Shape")).toHaveLength(1);
    const scalars = graph?.initializer
      .filter(({ dims }) => dims.length === 0)
      .map(({ rawData }) => `${rawData}`);
    expect(new Set(scalars).size).toBe(scalars?.length);
  });

  test("refuses operations that only the host computes, and leaves that are not inputs", () => {
    const w = t.parameter([2, 2], [1, 0, 0, 1]);
    const write = (tensor: t.Tensor) => () =>
      writeOnnxModel({ inputs: [{ name: "x", tensor: x }], outputs: [{ name: "y", tensor }] });
    expect(write(t.add(x, t.logAbsDet(t.identity(2))))).toThrow(
      "logAbsDet[] has no ONNX spelling; give its value as an input or a constant",
    );
    expect(write(t.matmul(x, w))).toThrow("parameter[2, 2] has no ONNX spelling");
  });

  test("refuses a graph that needs the batch's size but has no input with a batch", () => {
    expect(() => writeOnnxModel({ inputs: [], outputs: [{ name: "y", tensor: t.fullLike(x, 1) }] })).toThrow(
      "the outputs depend on the size of the batch, but on no input that has one",
    );
  });
});

describe("ONNX Runtime", () => {
  // The reason for the series in spelling.ts: when this fails, Erf can be written directly.
  test("has no Erf for float64", async () => {
    const graph = new GraphWriter("float64");
    graph.input("x", "float", []);
    graph.output("y", graph.node("Erf", ["x"]), "float", []);
    await expect(InferenceSession.create(graph.finish(), { logSeverityLevel: 4 })).rejects.toThrow(
      "Could not find an implementation for Erf(13)",
    );
  });

  test("adds values that go to one row without losing any, on several threads", async () => {
    const rows = 20_000;
    const places = t.input("places", ["batch"]);
    const values = t.input("values", ["batch", 16]);
    const bytes = writeOnnxModel({
      inputs: [places, values].map((tensor) => ({ name: tensor.name, tensor })),
      outputs: [{ name: "y", tensor: t.scatterAdd(t.toInt(places), values, 2) }],
    });
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 2 });
    const feeds = {
      places: new OrtTensor(
        "float32",
        Float32Array.from({ length: rows }, (_, i) => i % 2),
        [rows],
      ),
      values: new OrtTensor("float32", new Float32Array(rows * 16).fill(1), [rows, 16]),
    };
    for (let i = 0; i < 20; i++)
      expect(new Set((await session.run(feeds)).y.data as Float32Array)).toEqual(new Set([rows / 2]));
  });
});
