import { describe, expect, test } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { parameter } from "../../src/tensor/index.js";

const fixed = parameter([3], [7, 8, 9], { trainable: false });
const matrix = parameter([2, 3], [1, 2, 3, 4, 5, 6]);
const scalar = parameter([], [10]);
const long = parameter(
  [17],
  Float32Array.from({ length: 17 }, (_, i) => i),
);
const all = [fixed, matrix, scalar, long];

describe.each(["float32", "float64"] as const)("a parameter store in %s", (float) => {
  const store = new ParameterStore(all, { float, buffers: ["gradient", "momentum"], scratch: 5 });

  test("puts the trainable parameters first, in the order given", () => {
    expect(store.parameters).toEqual([matrix, scalar, long, fixed]);
    expect(store.parameters.map((p) => store.offset(p))).toEqual([0, 16, 32, 64]);
    expect(store.trainableLength).toBe(64);
    expect(store.trainable).toHaveLength(64);
    expect(store.values).toHaveLength(80);
  });

  test("starts every parameter on a boundary of 16 elements, in every buffer", () => {
    for (const p of [matrix, scalar, long])
      for (const view of [store.view(p), store.view(p, "gradient"), store.view(p, "momentum")])
        expect(view.byteOffset % (16 * view.BYTES_PER_ELEMENT)).toBe(0);
    expect(store.view(fixed).byteOffset % (16 * store.values.BYTES_PER_ELEMENT)).toBe(0);
  });

  test("begins with the parameters' first values, and zeros everywhere else", () => {
    for (const p of all) expect([...store.view(p)]).toEqual([...p.initial]);
    expect([...store.values].reduce((a, b) => a + b)).toBe(21 + 10 + 136 + 24);
    expect(store.buffer("gradient").every((value) => value === 0)).toBe(true);
  });

  test("keeps everything in one memory that views alias, without overlap", () => {
    const whole = [store.values, store.buffer("gradient"), store.buffer("momentum"), store.scratch];
    for (const array of whole) expect(array.buffer).toBe(store.memory.buffer);
    for (const [i, array] of whole.entries()) {
      const next = whole[i + 1];
      if (next) expect(array.byteOffset + array.byteLength).toBeLessThanOrEqual(next.byteOffset);
    }
    const another = new ParameterStore(all, { float, buffers: ["gradient"] });
    another.view(matrix)[1] = 42;
    expect(another.values[1]).toBe(42);
    expect(another.trainable[1]).toBe(42);
    another.buffer("gradient").fill(1);
    expect([...another.view(scalar, "gradient")]).toEqual([1]);
    expect([...another.view(matrix)]).toEqual([1, 42, 3, 4, 5, 6]);
    another.view(scalar, "gradient")[0] = 5;
    expect(another.buffer("gradient")[another.offset(scalar)]).toBe(5);
    expect(store.view(matrix)[1]).toBe(2);
  });

  test("never lays two buffers a multiple of 4 KiB apart, even where the size is a power of two", () => {
    const square = parameter([64, 64], new Float64Array(64 * 64));
    const buffers = ["gradient", "firstMoment", "secondMoment"];
    const wide = new ParameterStore([square], { float, buffers });
    const starts = [wide.values, ...buffers.map((name) => wide.buffer(name))].map(
      (view) => view.byteOffset % 4096,
    );
    expect(new Set(starts).size).toBe(starts.length);
  });

  test("gives each parameter as many elements as it has", () => {
    expect(all.map((p) => store.view(p).length)).toEqual([3, 6, 1, 17]);
  });
});

describe("a parameter store", () => {
  test("holds a parameter that is named twice once", () => {
    expect(new ParameterStore([matrix, matrix]).parameters).toEqual([matrix]);
  });

  test("may be empty", () => {
    const store = new ParameterStore([]);
    expect([store.values.length, store.trainableLength]).toEqual([0, 0]);
  });

  test("names parameters and buffers it does not have", () => {
    const store = new ParameterStore([matrix, fixed], { buffers: ["gradient"] });
    expect(store.has(scalar)).toBe(false);
    expect(() => store.view(scalar)).toThrow("parameter[] does not belong to this store");
    expect(() => store.buffer("velocity")).toThrow("the store has no buffer named velocity");
    expect(() => store.view(fixed, "gradient")).toThrow(
      "parameter[3] is not trainable: it has no place in gradient",
    );
  });

  test("that would pass 4 GiB is refused before anything is allocated", () => {
    const million = parameter([1024, 1024], new Float32Array(1024 * 1024));
    const buffers = Array.from({ length: 1200 }, (_, i) => `slot ${i}`);
    let error: unknown;
    try {
      new ParameterStore([million], { buffers });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LogdetError);
    expect((error as LogdetError).code).toBe("numeric");
    expect((error as LogdetError).message).toBe(
      "the model and its optimizer need 4.7 GiB, at most 4 GiB fit",
    );
  });
});
