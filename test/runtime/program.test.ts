import { describe, expect, test } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import * as t from "../../src/tensor/index.js";
import { determinant, expectClose, inverseMatrix, type NdArray, product } from "../helpers/index.js";

const x = t.input("x", ["batch", 3]);
const matrix = (...values: number[]): NdArray => ({ shape: [3, 3], data: Float64Array.from(values) });
const wValues = matrix(2, 1, 0, -1, 3, 0.5, 0.2, -0.7, 1.5);
const vValues = matrix(0.5, -1, 2, 1, 1, 0, -0.3, 0.4, 2);
const w = t.parameter([3, 3], wValues.data);
const v = t.parameter([3, 3], vValues.data);
const bias = t.parameter([3], [0.1, 0.2, 0.3]);

const storeOf = (float: "float32" | "float64" = "float64") => new ParameterStore([w, v, bias], { float });
const float64 = (...values: number[]) => Float64Array.from(values);
const codeOf = async (promise: Promise<unknown>): Promise<[string, string]> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LogdetError);
  const { code, message } = error as LogdetError;
  return [code, message];
};

describe("operations on the host", () => {
  test("run on parameters, on products of them and on each other's results", async () => {
    const wv = t.matmul(w, v);
    const inverted = t.inverse(wv);
    const outputs = {
      logDet: t.logAbsDet(w, bias),
      inverted,
      // A graph that uses a host value, a host operation on that graph's result, and one on a host value.
      rows: t.matmul(x, inverted),
      staged: t.logAbsDet(t.add(inverted, t.mul(2, t.identity(3)))),
      back: t.logAbsDet(inverted),
      both: t.add(t.logAbsDet(wv), t.sum(t.matmul(inverted, wv))),
    };
    const program = await Program.compile(outputs, { parameters: storeOf(), threads: 1 });
    const rows: NdArray = { shape: [2, 3], data: float64(1, 2, 3, -1, 0, 2) };
    const results = await program.run({ x: rows.data as Float64Array<ArrayBuffer> });

    const whole = product(wValues, vValues);
    const inverse = inverseMatrix(whole);
    const plusTwo = { shape: [3, 3], data: inverse.data.map((a, i) => (i % 4 === 0 ? a + 2 : a)) };
    const logAbs = (m: NdArray) => Math.log(Math.abs(determinant(m)));
    const close = { relative: 1e-11, absolute: 1e-12 };
    expectClose(results.logDet, [logAbs(wValues)], close);
    expectClose(results.inverted, inverse.data, close);
    expectClose(results.rows, product(rows, inverse).data, close);
    expectClose(results.staged, [logAbs(plusTwo)], close);
    expectClose(results.back, [-logAbs(whole)], close);
    expectClose(results.both, [logAbs(whole) + 3], close);
  });

  test("may need conditions and indices that an earlier graph made", async () => {
    const positive = t.greater(x, 0);
    const place = t.toInt(t.sum(x, 1));
    const inverted = t.inverse(t.matmul(w, v));
    const outputs = {
      chosen: t.where(positive, t.matmul(x, inverted), 100),
      picked: t.gather(inverted, place),
      // So that both are made before the inverse: it waits for this.
      sum: t.logAbsDet(t.add(t.identity(3), t.matmul(t.transpose(t.toFloat(positive)), t.toFloat(positive)))),
    };
    const program = await Program.compile(outputs, { parameters: storeOf(), threads: 1 });
    const rows: NdArray = { shape: [2, 3], data: float64(1, 2, -1, -1, 0, 2) };
    const { chosen, picked } = await program.run({ x: float64(...rows.data) });
    const inverse = inverseMatrix(product(wValues, vValues));
    const moved = product(rows, inverse).data;
    expectClose(
      chosen,
      moved.map((a, i) => (rows.data[i] > 0 ? a : 100)),
      { relative: 1e-11 },
    );
    expectClose(picked, [...inverse.data.slice(6, 9), ...inverse.data.slice(3, 6)], { relative: 1e-11 });
  });

  test("run only if an output needs them", async () => {
    const singular = t.parameter([2, 2], [1, 2, 2, 4]);
    const loss = t.add(t.sum(t.mul(singular, singular)), t.logAbsDet(singular));
    const [gradient] = t.gradients(loss, [singular], {
      rules: { logAbsDet: (node, upstream) => [t.mul(upstream, node.inputs[0])] },
    }) as t.Tensor[];
    const parameters = new ParameterStore([singular], { float: "float64" });
    const program = await Program.compile({ gradient }, { parameters });
    expect([...(await program.run()).gradient]).toEqual([3, 6, 6, 12]);
  });

  test("report a singular matrix as a numeric error; its log-determinant is −∞", async () => {
    const singular = t.parameter([2, 2], [1, 2, 2, 4]);
    const parameters = new ParameterStore([singular]);
    const inverse = await Program.compile({ inverse: t.inverse(singular) }, { parameters });
    expect((await codeOf(inverse.run()))[0]).toBe("numeric");
    const logDet = await Program.compile({ logDet: t.logAbsDet(singular) }, { parameters });
    expect([...(await logDet.run()).logDet]).toEqual([Number.NEGATIVE_INFINITY]);
  });
});

describe("outputs", () => {
  test("may be inputs, parameters and constants", async () => {
    const outputs = { x, w, three: t.constant(3), list: t.constant([1, 2]), double: t.mul(x, 2) };
    const program = await Program.compile(outputs, { parameters: storeOf() });
    const results = await program.run({ x: float64(1, 2, 3) });
    expect([...results.x, ...results.three, ...results.list, ...results.double]).toEqual([
      1, 2, 3, 3, 1, 2, 2, 4, 6,
    ]);
    expect([...results.w]).toEqual([...wValues.data]);
  });

  test("need no input and no parameter", async () => {
    const program = await Program.compile({ y: t.exp(t.constant([0, 1])) });
    expectClose((await program.run()).y, [1, Math.E]);
  });

  test("are written into the arrays given for them", async () => {
    const store = new ParameterStore([w, bias], { float: "float64", buffers: ["gradient"] });
    const y = t.linear(x, w, bias);
    const [dw, db] = t.gradients(t.sum(t.mul(y, y)), [w, bias]) as t.Tensor[];
    const plain = await Program.compile({ dw, db }, { parameters: store });
    const into = { dw: store.view(w, "gradient"), db: store.view(bias, "gradient") };
    const program = await Program.compile({ dw, db }, { parameters: store, into });
    const rows = float64(1, 2, 3, 4, 5, 6);
    const expected = await plain.run({ x: rows });
    const results = await program.run({ x: rows });
    expect(results.dw.buffer).toBe(store.memory.buffer);
    expect(store.view(w, "gradient")).toEqual(expected.dw);
    expect(store.view(bias, "gradient")).toEqual(expected.db);
    expect(Math.abs(expected.dw[0])).toBeGreaterThan(0);
  });

  test("that are one value, or a leaf, reach every array given for them", async () => {
    const into = {
      a: new Float64Array(3),
      b: new Float64Array(3),
      leaf: new Float64Array(3),
      host: new Float64Array(1),
    };
    const outputs = { a: t.exp(bias), b: t.exp(bias), again: t.exp(bias), leaf: bias, host: t.logAbsDet(w) };
    const program = await Program.compile(outputs, { parameters: storeOf(), into });
    const results = await program.run();
    const expected = [0.1, 0.2, 0.3].map(Math.exp);
    for (const name of ["a", "b"] as const) {
      expect(results[name]).toBe(into[name]);
      expectClose(into[name], expected, { relative: 1e-15 });
    }
    expectClose(results.again, expected, { relative: 1e-15 });
    expect([...into.leaf]).toEqual([0.1, 0.2, 0.3]);
    expectClose(into.host, [Math.log(determinant(wValues))], { relative: 1e-14 });
  });

  test("keep to their names when the same value leaves twice", async () => {
    const into = { second: new Float64Array(3) };
    const program = await Program.compile(
      { first: t.neg(bias), second: t.neg(bias) },
      { parameters: storeOf(), into },
    );
    const { first, second } = await program.run();
    expect([...first]).toEqual([...second]);
    expect(second).toBe(into.second);
  });

  test("must be floats, and as long as the arrays given for them", async () => {
    expect(await codeOf(Program.compile({ y: t.less(x, 0) }))).toEqual([
      "usage",
      "output y is bool; programs give floats: wrap it in toFloat",
    ]);
    const program = await Program.compile({ y: t.exp(x) }, { into: { y: new Float32Array(4) } });
    expect(await codeOf(program.run({ x: new Float32Array(6) }))).toEqual([
      "shape",
      "output y has 6 values, its array 4",
    ]);
  });
});

describe("inputs", () => {
  const scale = t.input("scale", []);
  const y = t.mul(t.sum(x, 1), scale);

  test("may have another number of rows each time", async () => {
    const program = await Program.compile({ y, mean: t.mean(x), rows: t.sizeOf(x, 0) });
    for (const rows of [2, 1, 5, 2, 7, 3, 4, 1]) {
      const values = Float32Array.from({ length: 3 * rows }, (_, i) => i);
      const results = await program.run({ x: values, scale: Float32Array.of(2) });
      expect([...results.y]).toEqual(Array.from({ length: rows }, (_, i) => 2 * (9 * i + 3)));
      expectClose(results.mean, [(3 * rows - 1) / 2]);
      expect([...results.rows]).toEqual([rows]);
    }
  });

  test("may have no rows", async () => {
    const program = await Program.compile({ y: t.exp(x) });
    expect((await program.run({ x: new Float32Array(0) })).y).toHaveLength(0);
  });

  test("may be called what ONNX nodes are called", async () => {
    const a = t.input("Exp_0", [2]);
    const b = t.input("constant_1", [2]);
    const program = await Program.compile({ Add_2: t.add(t.exp(a), t.mul(b, 3)) });
    const { Add_2 } = await program.run({ Exp_0: Float32Array.of(0, 0), constant_1: Float32Array.of(1, 2) });
    expect([...Add_2]).toEqual([4, 7]);
  });

  test("that are missing, too short or of the wrong precision are named", async () => {
    const program = await Program.compile({ y });
    const one = Float32Array.of(1);
    const cases: [Record<string, Float32Array | Float64Array>, string][] = [
      [{ x: new Float32Array(6) }, "the program needs the input scale[]"],
      [{ scale: one }, "the program needs the input x[batch, 3]"],
      [{ x: new Float32Array(7), scale: one }, "input x must be [batch, 3], got 7 values"],
      [{ x: new Float32Array(6), scale: new Float32Array(2) }, "input scale must be [], got 2 values"],
      [{ x: new Float64Array(6), scale: one }, "input x must be float32, got a Float64Array"],
    ];
    for (const [given, message] of cases)
      expect(await codeOf(program.run(given))).toEqual(["shape", message]);
  });

  test("with a batch must agree on the number of rows", async () => {
    const other = t.input("other", ["batch"]);
    const program = await Program.compile({ y: t.add(t.sum(x, 1), other) });
    expect(await codeOf(program.run({ x: new Float32Array(6), other: new Float32Array(3) }))).toEqual([
      "shape",
      "input other must be [batch] with batch = 2, got 3 values",
    ]);
  });

  test("must be floats and have names of their own", async () => {
    const [a, b] = [t.input("x", ["batch", 3]), t.input("x", ["batch", 3])];
    expect(await codeOf(Program.compile({ y: t.add(a, b) }))).toEqual([
      "usage",
      "the program has two inputs named x",
    ]);
    expect(
      await codeOf(Program.compile({ y: t.gather(w, t.input("k", [2], "int")) }, { parameters: storeOf() })),
    ).toEqual(["usage", "input k is int; programs take floats: see toInt"]);
  });
});

describe("parameters", () => {
  test("are read anew by every run", async () => {
    const store = storeOf("float32");
    const outputs = { y: t.exp(bias), logDet: t.logAbsDet(w), leaf: bias };
    const program = await Program.compile(outputs, { parameters: store });
    const before = await program.run();
    expectClose(before.y, [0.1, 0.2, 0.3].map(Math.exp));
    store.view(bias).fill(0);
    store.view(w).set([1, 0, 0, 0, 2, 0, 0, 0, 4]);
    const after = await program.run();
    expect([...after.y, ...after.leaf]).toEqual([1, 1, 1, 0, 0, 0]);
    expectClose(after.logDet, [Math.log(8)]);
  });

  test("of another store, or of none, are refused when the program is compiled", async () => {
    const message = "the program needs parameter[3], which is not in its parameter store";
    expect(await codeOf(Program.compile({ y: t.exp(bias) }))).toEqual(["usage", message]);
    const parameters = new ParameterStore([w]);
    expect(await codeOf(Program.compile({ y: t.exp(bias) }, { parameters }))).toEqual(["usage", message]);
  });
});

describe("a program", () => {
  const loss = t.mean(t.sum(t.softplus(t.linear(t.tanh(t.linear(x, w, bias)), v, bias)), 1));
  const whole = t.sub(loss, t.logAbsDet(w));
  const [dw, dv] = t.gradients(whole, [w, v]) as t.Tensor[];
  const rows = Float64Array.from({ length: 3 * 257 }, (_, i) => Math.sin(i * i));

  test.each(["float32", "float64"] as const)("gives the same bits at every run in %s", async (float) => {
    const program = await Program.compile({ whole, dw, dv }, { parameters: storeOf(float) });
    const given = { x: float === "float64" ? rows : Float32Array.from(rows) };
    const first = Object.values(await program.run(given)).map((values) => values.slice());
    for (let i = 0; i < 20; i++) expect(Object.values(await program.run(given))).toEqual(first);
  });

  test("takes its precision from the store unless told otherwise, and its results have it", async () => {
    const float64 = await Program.compile({ whole, dw }, { parameters: storeOf("float64") });
    const float32 = await Program.compile({ whole, dw }, { parameters: storeOf("float32") });
    expect([float64.float, float32.float]).toEqual(["float64", "float32"]);
    const wide = await float64.run({ x: rows });
    const narrow = await float32.run({ x: Float32Array.from(rows) });
    expect(wide.dw).toBeInstanceOf(Float64Array);
    expect(narrow.dw).toBeInstanceOf(Float32Array);
    expectClose(narrow.dw, wide.dw, { relative: 1e-5, absolute: 1e-6 });
    expect((await Program.compile({ y: t.exp(x) }, { float: "float64" })).float).toBe("float64");
  });

  test("overwrites the results of its last run with the same number of rows", async () => {
    const program = await Program.compile({ y: t.mul(x, 2) });
    const { y } = await program.run({ x: Float32Array.of(1, 2, 3) });
    const { y: next } = await program.run({ x: Float32Array.of(4, 5, 6) });
    expect(next).toBe(y);
    expect([...y]).toEqual([8, 10, 12]);
  });

  test("runs once more after another one with the same expressions is released", async () => {
    const [one, two] = await Promise.all([
      Program.compile({ y: t.mul(x, 2) }),
      Program.compile({ y: t.mul(x, 2) }),
    ]);
    await one.release();
    expect([...(await two.run({ x: Float32Array.of(1, 2, 3) })).y]).toEqual([2, 4, 6]);
  });

  test.each(["auto", "graph"] as const)(
    "takes its callers one after another, each with its own rows and results (%s)",
    async (executor) => {
      const dim = 96;
      const [a, b] = [
        t.input("x", ["batch", dim]),
        t.parameter([dim, dim], new Float64Array(dim * dim).fill(0.01)),
      ];
      // With 1024 rows the product goes to a graph, which gives up the thread in the middle of a run.
      const program = await Program.compile(
        { y: t.sum(t.exp(t.matmul(t.mul(a, 0.5), b)), 1) },
        { parameters: new ParameterStore([b]), threads: 1, executor },
      );
      const callers = Array.from({ length: 6 }, async (_, i) => {
        const rows = new Float32Array((i % 2 ? 1024 : 7) * dim).fill(i);
        for (let round = 0; round < 3; round++) {
          const copy = (await program.run({ x: rows })).y.slice();
          const truth = dim * Math.exp(0.5 * i * 0.01 * dim);
          for (const value of copy) expect(Math.abs(value / truth - 1)).toBeLessThan(1e-5);
          expect(copy.length).toBe(rows.length / dim);
        }
      });
      await Promise.all(callers);
      await program.release();
    },
  );

  test("goes on after a run that failed", async () => {
    const program = await Program.compile({ y: t.mul(x, 2) });
    const [bad, good] = await Promise.allSettled([
      program.run({ x: Float32Array.of(1) }),
      program.run({ x: Float32Array.of(1, 2, 3) }),
    ]);
    expect(bad.status).toBe("rejected");
    expect(good.status === "fulfilled" && [...good.value.y]).toEqual([2, 4, 6]);
  });
});
