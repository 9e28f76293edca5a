// Every operation as kernel calls, against plain JavaScript and against ONNX Runtime on the same float32 numbers.
import { describe, expect, test } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { instantiateKernels } from "../../src/kernels/index.js";
import { spellings } from "../../src/onnx/index.js";
import { Random } from "../../src/random/index.js";
import { Program } from "../../src/runtime/index.js";
import { kernelSpellings, type Placed } from "../../src/runtime/kernel-spelling.js";
import * as t from "../../src/tensor/index.js";
import { expectClose, type NdArray } from "../helpers/index.js";
import { batch as caseBatch, operationCases } from "../tensor/operation-cases.js";

const isLeaf = (node: t.Tensor) =>
  node instanceof t.Input || node instanceof t.Constant || node instanceof t.Parameter;

/** Values side by side in the kernels' memory, with a NaN behind each that must stay one. */
class Places {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly #guards: number[] = [];
  #top = 64;

  take(bytes: number): number {
    const at = this.#top;
    this.#top = Math.ceil((at + bytes + 4) / 16) * 16;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65_536));
    const all = new Float32Array(this.memory.buffer);
    all.fill(Number.NaN, at / 4, this.#top / 4);
    for (let guard = (at + bytes) / 4; guard < this.#top / 4; guard++) this.#guards.push(guard);
    return at;
  }

  view({ at, shape }: Placed): Float32Array {
    return new Float32Array(
      this.memory.buffer,
      at,
      shape.reduce((a, b) => a * b, 1),
    );
  }

  expectGuards(): void {
    const all = new Float32Array(this.memory.buffer);
    expect(this.#guards.filter((guard) => !Number.isNaN(all[guard]))).toEqual([]);
  }
}

/** Runs expressions by kernels alone, twice, so that nothing may depend on what outputs or scratch held before. */
function runKernels(
  outputs: readonly t.Tensor[],
  given: Readonly<Record<string, Float32Array>>,
  batch: number,
): Float32Array[] {
  const order = t.topologicalOrder(outputs);
  const places = new Places();
  const placed = new Map<t.Tensor, Placed>();
  for (const node of order) {
    const shape = t.bindShape(node.shape, batch);
    const at = places.take(4 * shape.reduce((a, b) => a * b, 1));
    placed.set(node, { at, shape });
  }
  const place = (node: t.Tensor) => placed.get(node) as Placed;
  const operations = order.filter((node) => !isLeaf(node));
  const scratch = operations.map((node) =>
    places.take(kernelSpellings[node.operation.name].scratch?.(node, batch) ?? 0),
  );
  for (const node of order) {
    if (node instanceof t.Constant) places.view(place(node)).set(node.values);
    if (node instanceof t.Input) places.view(place(node)).set(given[node.name]);
  }
  const kernels = instantiateKernels(places.memory);
  const calls = operations.map((node, i) =>
    kernelSpellings[node.operation.name].bind({
      node,
      inputs: node.inputs.map(place),
      output: place(node),
      batch,
      kernels,
      memory: places.memory,
      scratch: scratch[i],
    }),
  );
  for (let run = 0; run < 2; run++) for (const call of calls) call();
  places.expectGuards();
  return outputs.map((node) => places.view(place(node)));
}

/** The same by ONNX Runtime. Outputs are concatenated in one program. */
async function runGraph(
  outputs: readonly t.Tensor[],
  given: Readonly<Record<string, Float32Array>>,
): Promise<Float32Array[]> {
  const named = Object.fromEntries(outputs.map((node, i) => [`y${i}`, node]));
  const program = await Program.compile(named, { float: "float32", threads: 1, executor: "graph" });
  const needed = new Set(
    t.topologicalOrder(outputs).flatMap((node) => (node instanceof t.Input ? [node.name] : [])),
  );
  const results = await program.run(
    Object.fromEntries(Object.entries(given).filter(([name]) => needed.has(name))),
  );
  const copies = outputs.map((_, i) => Float32Array.from(results[`y${i}`]));
  await program.release();
  return copies;
}

async function expectSame(
  outputs: readonly t.Tensor[],
  given: Readonly<Record<string, Float32Array>>,
  batch: number,
  tolerance = { relative: 4e-6, absolute: 1e-6 },
): Promise<void> {
  const [ours, theirs] = [runKernels(outputs, given, batch), await runGraph(outputs, given)];
  for (const [i, expected] of theirs.entries()) expectClose(ours[i], expected, tolerance);
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function uniforms(count: number, [low, high]: readonly [number, number], random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => low + (high - low) * random.uniform());
}

test("every operation that ONNX spells is spelled in kernels too, but for products and factorisations", () => {
  expect(
    Object.keys(spellings)
      .filter((name) => !(name in kernelSpellings))
      .sort(),
  ).toEqual(["gemm", "inverseEach", "linear", "logAbsDetEach", "matmul", "matmulEach"]);
  expect(Object.keys(kernelSpellings).filter((name) => !(name in spellings))).toEqual([]);
});

const isSpelled = (roots: readonly t.Tensor[]) =>
  t.topologicalOrder(roots).every((node) => isLeaf(node) || node.operation.name in kernelSpellings);

/** The shared cases that need no product of matrices, each with numbers and its gradients. */
const cases = operationCases
  .map(({ name, build, shapes, domain, reference }) => {
    const random = new Random(5).split(name);
    const values: NdArray[] = shapes.map((shape, i) => {
      const bound = t.bindShape(shape, caseBatch);
      const data = Float64Array.from(uniforms(sizeOf(bound), domain?.[i] ?? [-2, 2], random));
      return { shape: bound, data };
    });
    const inputs = shapes.map((shape, i) => t.input(`x${i}`, shape));
    const y = build(...inputs);
    const weights = t.input("w", y.shape);
    const slopes = t.gradients(t.sum(t.mul(weights, y)), inputs).filter((slope) => slope !== undefined);
    const given = {
      ...Object.fromEntries(values.map(({ data }, i) => [`x${i}`, Float32Array.from(data)])),
      w: uniforms(sizeOf(t.bindShape(y.shape, caseBatch)), [-1, 1], random),
    };
    return { name, y, slopes, given, expected: reference(...values).data };
  })
  .filter(({ y, slopes }) => isSpelled([y, ...slopes]));

test("of the shared cases only products, determinants and inverses are left out", () => {
  const left = operationCases
    .map(({ name }) => name)
    .filter((name) => !cases.some((one) => one.name === name));
  expect(left.filter((name) => !/matmul|linear|logAbsDet|inverse|identity/.test(name))).toEqual([]);
});

describe.each(cases)("$name", ({ y, slopes, given, expected }) => {
  test("equals plain JavaScript", () => {
    const [result] = runKernels([y], given, caseBatch);
    expectClose(result, expected, { relative: 4e-6, absolute: 1e-6 });
  });

  test("equals ONNX Runtime, and so does its gradient", () => expectSame([y, ...slopes], given, caseBatch));
});

describe("shapes of every kind", () => {
  const random = new Random(11);
  const batch = 19;

  /** Inputs of these shapes and numbers for them. */
  function inputs(...shapes: t.Shape[]) {
    const tensors = shapes.map((shape, i) => t.input(`x${i}`, shape));
    const given = Object.fromEntries(
      shapes.map((shape, i) => [`x${i}`, uniforms(sizeOf(t.bindShape(shape, batch)), [-2, 2], random)]),
    );
    return { tensors, given };
  }

  const pairs: [t.Shape, t.Shape][] = [
    [["batch", 13], [13]],
    [[13], ["batch", 13]],
    [
      ["batch", 13],
      ["batch", 1],
    ],
    [
      ["batch", 1],
      ["batch", 13],
    ],
    [
      ["batch", 5],
      [1, 1],
    ],
    [["batch", 2], [2]],
    [["batch"], []],
    [
      ["batch", 3, 8],
      ["batch", 3, 1],
    ],
    [
      ["batch", 3, 8],
      [3, 8],
    ],
    [
      ["batch", 1, 6],
      [7, 1],
    ],
    [
      [1, 3, 1, 5],
      ["batch", 1, 2, 1],
    ],
    [
      [2, 1, 3, 1, 4],
      [2, 5, 3, 1, 4],
    ],
  ];
  test.each(pairs)("%j and %j stretch to each other", async (...shapes) => {
    const { tensors, given } = inputs(...shapes);
    const [a, b] = tensors;
    await expectSame(
      [
        t.sub(a, b),
        t.div(b, t.exp(a)),
        t.minimum(a, b),
        t.pow(t.exp(a), b),
        t.toFloat(t.less(a, b)),
        t.where(t.greaterOrEqual(a, b), a, 0.5),
        t.where(t.greater(a, 0), b, a),
        t.where(t.greater(b, 0), t.abs(b), a),
        t.where(t.greater(b, a), 1, -1),
        t.where(t.greater(a, 0), 1, b),
      ],
      given,
      batch,
    );
  });

  test("comparisons of ties and of infinities follow IEEE 754", () => {
    const a = t.input("a", [6]);
    const b = t.input("b", [6]);
    const compared = [t.less, t.lessOrEqual, t.greater, t.greaterOrEqual, t.equal].map((f) =>
      t.toFloat(f(a, b)),
    );
    const given = {
      a: Float32Array.of(1, 1, -0, Infinity, -Infinity, Number.NaN),
      b: Float32Array.of(1, 2, 0, Infinity, 0, 1),
    };
    expect(runKernels(compared, given, 1).map((row) => [...row])).toEqual([
      [0, 1, 0, 0, 1, 0],
      [1, 1, 1, 1, 1, 0],
      [0, 0, 0, 0, 0, 0],
      [1, 0, 1, 1, 0, 0],
      [1, 0, 1, 1, 0, 0],
    ]);
  });

  const reduced: [t.Shape, number[]][] = [
    [["batch", 6], [0]],
    [["batch", 6], [1]],
    [["batch", 3], [0]],
    [["batch", 1], [0]],
    [["batch", 33], [1]],
    [["batch", 2, 33], [2]],
    [["batch", 5, 8], [1]],
    [["batch", 5, 2], [1]],
    [
      ["batch", 5, 8],
      [0, 2],
    ],
    [
      [2, "batch", 3, 7],
      [0, 2],
    ],
    [
      [2, 3, "batch", 3, 7],
      [0, 2, 4],
    ],
    [
      ["batch", 4, 1],
      [0, 2],
    ],
    [["batch", 1, 4], [1]],
    [
      ["batch", 4, 5],
      [0, 1, 2],
    ],
    [[700, 5], [0]],
    [[3, 700], [1]],
    [[700], [0]],
    [[2, 300, 3], [1]],
  ];
  test.each(reduced)("%j is reduced over axes %j", async (shape, axes) => {
    const { tensors, given } = inputs(shape);
    const [x] = tensors;
    await expectSame(
      [t.sum(x, axes), t.max(x, axes, { keep: true }), t.logSumExp(t.mul(x, 3), axes)],
      given,
      batch,
      { relative: 4e-6, absolute: 1e-5 },
    );
  });

  test.each([0, 1, 2])("logSoftmax and running sums go along axis %i of three", async (axis) => {
    const { tensors, given } = inputs(["batch", 6, 5], [2, 3, 2], ["batch", 1, 11]);
    const outputs = tensors.flatMap((x) => [
      t.logSoftmax(t.mul(x, 4), axis),
      ...[false, true].flatMap((exclusive) =>
        [false, true].map((reverse) => t.cumulativeSum(x, axis, { exclusive, reverse })),
      ),
    ]);
    await expectSame(outputs, given, batch);
  });

  const permutations = (items: number[]): number[][] =>
    items.length < 2
      ? [items]
      : items.flatMap((item) =>
          permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
        );
  test("every order of four axes", async () => {
    const { tensors, given } = inputs(["batch", 9, 5, 4], [2, 3, 1, 2]);
    const orders = permutations([0, 1, 2, 3]).slice(1);
    await expectSame(
      tensors.flatMap((x) => orders.map((order) => t.transpose(x, order))),
      given,
      batch,
      { relative: 0, absolute: 0 },
    );
  });

  test("more axes than the kernels have loops", async () => {
    const { tensors, given } = inputs([2, 3, 2, 3, 2, 5], [1, 3, 1, 3, 1, 5], [2, 1, 2, 1, 2, 1]);
    const [x, y, z] = tensors;
    await expectSame(
      [
        t.transpose(x, [5, 3, 1, 4, 2, 0]),
        t.sub(y, z),
        t.where(t.less(z, y), x, z),
        t.concat([x, t.slice(t.transpose(x, [4, 1, 2, 3, 0, 5]), 3, 1)], 3),
        t.max(x, [0, 2, 4]),
      ],
      given,
      batch,
      { relative: 0, absolute: 0 },
    );
  });

  test("slices, zeros around, joins and stretches along every axis", async () => {
    const { tensors, given } = inputs(["batch", 6, 5], ["batch", 6, 5], [3, 1, 5], [1, 80]);
    const [x, y, narrow, long] = tensors;
    const outputs = [1, 2].flatMap((axis) => [
      t.slice(x, axis, 1, 4),
      t.slice(x, axis, -1),
      t.pad(x, axis, 3, 4),
      t.pad(x, axis, 0, 1),
      t.concat([x, t.slice(y, axis, 0, 1), x], axis),
    ]);
    outputs.push(t.broadcastTo(narrow, [2, 3, 4, 5]), t.broadcastTo(long, [3, 80]), t.pad(long, 0, 1, 2));
    await expectSame(outputs, given, batch, { relative: 0, absolute: 0 });
  });

  test("rows by index, also from the end", async () => {
    const { tensors, given } = inputs([7, 3], [7], ["batch", 2], ["batch", 2, 3]);
    const [table, single, where, values] = tensors;
    const indices = t.toInt(t.mul(where, 3.4));
    await expectSame(
      [
        t.gather(table, indices),
        t.gather(single, indices),
        t.scatterAdd(indices, values, 7),
        t.scatterAdd(indices, where, 7),
      ],
      given,
      batch,
    );
  });

  test("the identity and the batch's size", () => {
    const x = t.input("x", ["batch", 2]);
    const [identity, size] = runKernels(
      [t.identity(3), t.sizeOf(x, 0)],
      { x: new Float32Array(2 * batch) },
      batch,
    );
    expect([...identity]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...size]).toEqual([batch]);
  });

  test("whole powers, of negative numbers too", async () => {
    const { tensors, given } = inputs(["batch", 3], [3]);
    const outputs = [2, 3, 4, -1, 0, 0.5].map((power) => t.pow(t.abs(tensors[0]), power));
    const signed = [2, 3, 4, -3].map((power) => t.pow(tensors[0], power));
    await expectSame([...outputs, ...signed], given, batch);
  });

  test("a gradient that stops", () => {
    const x = t.input("x", [5]);
    const [y] = runKernels([t.neg(t.stopGradient(x))], { x: Float32Array.of(1, 2, 3, 4, 5) }, 1);
    expect([...y]).toEqual([-1, -2, -3, -4, -5]);
  });
});

describe("what the kernels refuse", () => {
  const index = (value: number) => {
    const table = t.input("table", [3, 2]);
    const rows = t.toInt(t.input("rows", [1]));
    const given = { table: new Float32Array(6), rows: Float32Array.of(value) };
    return {
      gather: () => runKernels([t.gather(table, rows)], given, 1),
      scatter: () => runKernels([t.scatterAdd(rows, t.slice(table, 0, 0, 1), 3)], given, 1),
    };
  };
  test.each([3, -4, 1e9, Number.NaN])("an index of %f into three rows", (value) => {
    for (const run of Object.values(index(value))) {
      expect(run).toThrow(LogdetError);
      expect(run).toThrow("names none of the 3 rows");
    }
  });
});

describe("far out", () => {
  const places = Float32Array.of(
    ...[0, -0, 1e-20, -1e-20, 0.5, -0.5, 17, -17, -30, -80, 80, 88.7, -1e4, 1e4, Infinity, -Infinity],
  );
  const truths: Record<string, [t: (x: t.Tensor) => t.Tensor, f: (x: number) => number]> = {
    exp: [t.exp, Math.exp],
    log: [t.log, Math.log],
    log1p: [t.log1p, Math.log1p],
    expm1: [t.expm1, Math.expm1],
    tanh: [t.tanh, Math.tanh],
    sigmoid: [t.sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))],
    softplus: [t.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
    sqrt: [t.sqrt, Math.sqrt],
    sign: [t.sign, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)],
    sin: [t.sin, Math.sin],
    cos: [t.cos, Math.cos],
  };
  test.each(Object.entries(truths))("%s has the limits of float64", (_, [build, f]) => {
    const x = t.input("x", [places.length]);
    const [result] = runKernels([build(x)], { x: places }, 1);
    // −0 and 0 are one number here.
    expectClose(
      result.map((value) => value + 0),
      Array.from(places, (value) => Math.fround(f(value)) + 0),
      { relative: 4e-7 },
    );
  });

  test("logSumExp and logSoftmax of infinite and of huge numbers", () => {
    const x = t.input("x", [4, 3]);
    const given = {
      x: Float32Array.of(-Infinity, -Infinity, -Infinity, Infinity, 0, 1, 1e4, 1e4, -1e4, -Infinity, 2, 2),
    };
    const [ofRows, softmax] = runKernels([t.logSumExp(x, 1), t.logSoftmax(t.slice(x, 0, 2), 1)], given, 1);
    const two = Math.log(2);
    expectClose(ofRows, [-Infinity, Infinity, 1e4 + two, 2 + two], { relative: 1e-7 });
    expectClose(softmax, [-two, -two, -2e4 - two, -Infinity, -two, -two], { relative: 1e-6 });
  });
});
