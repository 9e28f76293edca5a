// Programs through ONNX Runtime's build for the web, which computes in a memory of its own. In a process of its own: the
// build that is given counts for every program.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as web from "onnxruntime-web/wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { type OnnxRuntime, ParameterStore, Program, useOnnxRuntime } from "../../src/runtime/index.js";
import { input, matmul, mul, parameter, sum } from "../../src/tensor/index.js";

beforeAll(() => {
  const path = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  web.env.wasm.wasmBinary = readFileSync(path).buffer as ArrayBuffer;
  web.env.wasm.numThreads = 1;
  useOnnxRuntime(web as unknown as OnnxRuntime);
});

describe("a program in onnxruntime-web", () => {
  it("puts results where they are wanted, at every run and for every batch size", async () => {
    const x = input("x", ["batch", 2]);
    const weight = parameter([2, 2], [1, 2, 3, 4]);
    const store = new ParameterStore([weight], { float: "float64" });
    const total = new Float64Array(1);
    const y = matmul(x, weight);
    const program = await Program.compile(
      { y, total: sum(mul(y, y)) },
      { parameters: store, into: { total } },
    );
    const first = await program.run({ x: Float64Array.of(1, 0, 0, 1) });
    expect([...first.y]).toEqual([1, 2, 3, 4]);
    expect([...total]).toEqual([30]);
    store.view(weight).set([2, 0, 0, 2]);
    const second = await program.run({ x: Float64Array.of(1, 2, 3, 4, 5, 6) });
    expect([...second.y]).toEqual([2, 4, 6, 8, 10, 12]);
    expect([...total]).toEqual([4 * 91]);
    await program.release();
  });
});
