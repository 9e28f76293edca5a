// Host linear algebra against matrices whose determinant is known by construction, residuals computed in plain
// JavaScript, and the synchronous result.
import { describe, expect, test } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";
import {
  factorize,
  factorizeAsync,
  factorizeEach,
  inverse,
  logAbsDet,
  solve,
} from "../../src/runtime/linear-algebra.js";
import { factorizeInWorker } from "../../src/runtime/linear-algebra-worker.js";

const sizes = [1, 2, 5, 33, 64, 130, 300];

const normal = (n: number, seed = n) => new Random(seed).fillNormal(new Float64Array(n * n));

/** Row-major [n, n] times [n, columns]. */
function multiply(a: ArrayLike<number>, b: ArrayLike<number>, n: number, columns = n): Float64Array {
  const product = new Float64Array(n * columns);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++)
      for (let j = 0; j < columns; j++) product[i * columns + j] += a[i * n + k] * b[k * columns + j];
  return product;
}

/** Largest deviation of a matrix from the identity. */
function fromIdentity(a: Float64Array, n: number): number {
  let worst = 0;
  for (let i = 0; i < n * n; i++) worst = Math.max(worst, Math.abs(a[i] - (i % (n + 1) === 0 ? 1 : 0)));
  return worst;
}

/** A row-permuted product of well-conditioned triangles, and its determinant by construction. */
function permutedTriangles(n: number) {
  const random = new Random(n);
  const lower = new Float64Array(n * n);
  const upper = new Float64Array(n * n);
  let logAbsDet = 0;
  let sign = 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      lower[i * n + j] = random.normal() / n;
      upper[j * n + i] = random.normal() / n;
    }
    lower[i * n + i] = 1;
    upper[i * n + i] = (random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform());
    logAbsDet += Math.log(Math.abs(upper[i * n + i]));
    sign *= Math.sign(upper[i * n + i]);
  }
  const rows = random.permutation(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (rows[j] > rows[i]) sign = -sign;
  const product = multiply(lower, upper, n);
  const a = new Float64Array(n * n);
  for (const [i, row] of rows.entries()) a.set(product.subarray(row * n, (row + 1) * n), i * n);
  return { a, logAbsDet, sign };
}

/** An orthogonal matrix, the product of `reflections` Householder reflections: its determinant is (−1)^reflections. */
function orthogonal(n: number, reflections: number): Float64Array {
  const random = new Random(n + 1000 * reflections);
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let r = 0; r < reflections; r++) {
    const v = random.fillNormal(new Float64Array(n));
    const squared = v.reduce((sum, x) => sum + x * x, 0);
    for (let i = 0; i < n; i++) {
      let dot = 0;
      for (let k = 0; k < n; k++) dot += q[i * n + k] * v[k];
      for (let k = 0; k < n; k++) q[i * n + k] -= (2 * dot * v[k]) / squared;
    }
  }
  return q;
}

/** Scales the rows of `a` in place by 10^e, e uniform in [−20, 20]; returns the change of the log-determinant. */
function scaleRows(a: Float32Array | Float64Array, n: number, seed: number): number {
  const random = new Random(seed);
  let change = 0;
  for (let i = 0; i < n; i++) {
    const factor = Math.fround(10 ** (40 * random.uniform() - 20));
    change += Math.log(factor);
    for (let j = 0; j < n; j++) a[i * n + j] *= factor;
  }
  return change;
}

describe("logAbsDet", () => {
  test.each(sizes)("of a permuted product of triangles, %i rows, is the sum over the diagonal", (n) => {
    const known = permutedTriangles(n);
    const found = logAbsDet(known.a, n);
    expect(Math.abs(found.logAbsDet - known.logAbsDet)).toBeLessThan(1e-12 * n + 1e-14);
    expect(found.sign).toBe(known.sign);
  });

  test.each(sizes)("stays right with rows scaled by 1e-20 to 1e20, %i rows", (n) => {
    const known = permutedTriangles(n);
    const change = scaleRows(known.a, n, 3);
    const found = logAbsDet(known.a, n);
    expect(Math.abs(found.logAbsDet - known.logAbsDet - change)).toBeLessThan(2e-12 * n);
    expect(found.sign).toBe(known.sign);
  });

  test.each(sizes)("of an orthogonal matrix times a diagonal over 40 decades, %i rows", (n) => {
    for (const reflections of [2, 3]) {
      const a = orthogonal(n, reflections);
      let expected = 0;
      const random = new Random(5);
      for (let j = 0; j < n; j++) {
        const factor = 10 ** (40 * random.uniform() - 20);
        expected += Math.log(factor);
        for (let i = 0; i < n; i++) a[i * n + j] *= factor;
      }
      const found = logAbsDet(a, n);
      expect(Math.abs(found.logAbsDet - expected)).toBeLessThan(2e-12 * n);
      expect(found.sign).toBe(reflections === 2 ? 1 : -1);
    }
  });

  test("of float32 rows scaled by 1e-20 to 1e20 equals that of the same numbers in float64", () => {
    const n = 64;
    const a = Float32Array.from(normal(n));
    const plain = logAbsDet(a, n);
    const change = scaleRows(a, n, 4);
    const scaled = logAbsDet(a, n);
    // Each scaled element was rounded to float32 once more.
    expect(scaled.logAbsDet).toBeCloseTo(plain.logAbsDet + change, 3);
    expect(scaled.sign).toBe(plain.sign);
    expect(scaled).toEqual(logAbsDet(Float64Array.from(a), n));
  });

  test("neither overflows nor underflows where the determinant itself does", () => {
    const n = 100;
    for (const factor of [1e300, 1e-300, 5e-324]) {
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) a[i * n + i] = factor;
      expect(logAbsDet(a, n).logAbsDet / (n * Math.log(factor))).toBeCloseTo(1, 13);
    }
  });

  test("of an exactly singular matrix is −Infinity with sign 0", () => {
    const zero = { logAbsDet: Number.NEGATIVE_INFINITY, sign: 0 };
    expect(logAbsDet(new Float64Array([0]), 1)).toEqual(zero);
    expect(logAbsDet(new Float32Array([1, 2, 2, 4]), 2)).toEqual(zero);
    expect(logAbsDet(new Float64Array(49), 7)).toEqual(zero);
  });

  test("of a matrix with two equal rows is smaller than its neighbours' by the rounding unit, or −Infinity", () => {
    const a = normal(40);
    const plain = logAbsDet(a, 40).logAbsDet;
    a.copyWithin(40, 0, 40);
    expect(logAbsDet(a, 40).logAbsDet).toBeLessThan(plain - 30);
  });

  test("of a matrix with a number that is not finite is NaN with sign 0", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const a = normal(10);
      a[37] = bad;
      expect(logAbsDet(a, 10)).toEqual({ logAbsDet: Number.NaN, sign: 0 });
    }
  });

  test("takes every size from 1 to 24, whatever size came before", () => {
    for (const n of [24, 1, 23, 2, 22, 3, 21, 4, 20, 5, 19, 6, 18, 7, 17, 8, 16, 9, 15, 10, 14, 11, 13, 12]) {
      const known = permutedTriangles(n);
      expect(logAbsDet(known.a, n).logAbsDet).toBeCloseTo(known.logAbsDet, 11);
    }
  });
});

describe("inverse and solve", () => {
  test.each(sizes)("leave small residuals for %i rows", (n) => {
    const a = normal(n);
    const before = a.slice();
    const columns = 3;
    const b = new Random(9).fillNormal(new Float64Array(n * columns));
    expect(fromIdentity(multiply(a, inverse(a, n), n), n)).toBeLessThan(1e-11 * n);
    const back = multiply(a, solve(a, n, b, columns), n, columns);
    for (let i = 0; i < b.length; i++) expect(Math.abs(back[i] - b[i])).toBeLessThan(1e-11 * n);
    expect(a).toEqual(before);
  });

  test.each(sizes)("stay right with rows scaled by 1e-20 to 1e20, %i rows", (n) => {
    const a = permutedTriangles(n).a;
    scaleRows(a, n, 6);
    // Rows of A meet columns of the inverse with the opposite scale: A⁻¹ A = I is the residual without units.
    expect(fromIdentity(multiply(inverse(a, n), a, n), n)).toBeLessThan(1e-12 * n);
    const x = new Random(2).fillNormal(new Float64Array(n));
    const found = solve(a, n, multiply(a, x, n, 1), 1);
    for (let i = 0; i < n; i++) expect(Math.abs(found[i] - x[i])).toBeLessThan(1e-12 * n);
  });

  test("float32 in, float32 out, computed in float64", () => {
    const a = Float32Array.from(normal(50));
    const single = inverse(a, 50);
    expect(single).toBeInstanceOf(Float32Array);
    expect(single).toEqual(Float32Array.from(inverse(Float64Array.from(a), 50)));
    expect(solve(a, 50, new Float32Array(50), 1)).toBeInstanceOf(Float32Array);
  });

  test("factorize gives determinant, inverse and solutions from one factorisation, in any order", () => {
    const n = 33;
    const a = normal(n);
    const kept = a.slice();
    const one = factorize(a, n);
    const two = factorize(normal(20), 20);
    a.fill(0); // the factors do not depend on the array any more
    expect(one.logAbsDet).toBe(logAbsDet(kept, n).logAbsDet);
    expect(two.inverse()).toEqual(inverse(normal(20), 20));
    expect(one.solve(kept, n).every((x, i) => Math.abs(x - (i % (n + 1) === 0 ? 1 : 0)) < 1e-11)).toBe(true);
    expect(one.inverse()).toEqual(inverse(kept, n));
  });

  test("inverse writes into the array given, which may be the matrix itself", () => {
    const a = normal(12);
    const expected = inverse(a, 12);
    expect(inverse(a, 12, a)).toBe(a);
    expect(a).toEqual(expected);
  });

  test("name the pivot of a singular matrix, and the element that is not finite", () => {
    const a = normal(6);
    for (let i = 0; i < 6; i++) a[i * 6 + 4] = 0;
    expect(() => inverse(a, 6)).toThrow(
      expect.objectContaining({ code: "numeric", message: "the 6 x 6 matrix is singular: pivot 4 is zero" }),
    );
    expect(() => solve(a, 6, new Float64Array(6), 1)).toThrow("pivot 4 is zero");
    a[2 * 6 + 5] = Number.NaN;
    expect(() => inverse(a, 6)).toThrow(
      expect.objectContaining({ code: "numeric", where: ["row 2", "column 5"] }),
    );
  });

  test("refuse arrays that do not fit", () => {
    expect(() => inverse(new Float64Array(8), 3)).toThrow("3 rows has 9 numbers, got 8");
    expect(() => logAbsDet(new Float64Array(0), 0)).toThrow(expect.objectContaining({ code: "shape" }));
    expect(() => solve(new Float64Array([1]), 1, new Float64Array(3), 2)).toThrow(
      "B must be [1, 2], got 3 numbers",
    );
    expect(() => inverse(new Float64Array([1]), 1, new Float64Array(2))).toThrow("got 2");
  });
});

describe("factorizeAsync", () => {
  test.each([5, 255, 256, 300])("agrees with factorize to the last bit for %i rows", async (n) => {
    for (const a of [normal(n), Float32Array.from(normal(n))]) {
      const expected = factorize(a, n);
      const { logAbsDet, sign } = expected;
      expect(await factorizeAsync(a, n, { inverse: true })).toEqual({
        logAbsDet,
        sign,
        inverse: expected.inverse(),
      });
      expect(await factorizeAsync(a, n, { inverse: false })).toEqual({ logAbsDet, sign });
    }
  });

  test("leaves the event loop free while it works", async () => {
    const n = 600;
    const a = normal(n);
    await factorizeAsync(a, n, { inverse: true }); // the worker is up
    const events: string[] = [];
    const timer = new Promise<void>((resolve) =>
      setTimeout(() => {
        events.push("timer");
        resolve();
      }, 0),
    );
    const work = factorizeAsync(a, n, { inverse: true }).then(() => events.push("work"));
    await Promise.all([timer, work]);
    expect(events).toEqual(["timer", "work"]);
  });

  test("serves several requests at once, each with its own matrix as it was at the call", async () => {
    const matrices = [300, 260, 400].map((n) => ({ n, a: normal(n) }));
    const expected = matrices.map(({ a, n }) => inverse(a, n));
    const requests = matrices.map(({ a, n }) => factorizeAsync(a, n, { inverse: true }));
    for (const { a } of matrices) a.fill(0);
    const results = await Promise.all(requests);
    for (const [i, { inverse }] of results.entries()) expect(inverse).toEqual(expected[i]);
  });

  test("takes a view into a WebAssembly.Memory and leaves it usable", async () => {
    const n = 256;
    const memory = new WebAssembly.Memory({ initial: 16 });
    const view = new Float64Array(memory.buffer, 1024, n * n);
    view.set(normal(n));
    const { logAbsDet: found } = await factorizeAsync(view, n, { inverse: false });
    expect(found).toBe(logAbsDet(normal(n), n).logAbsDet);
    expect(view).toEqual(normal(n));
  });

  test("rejects the inverse of a singular matrix, yet knows its determinant", async () => {
    const n = 256;
    const a = normal(n);
    for (let i = 0; i < n; i++) a[i * n + 200] = 0;
    await expect(factorizeAsync(a, n, { inverse: true })).rejects.toThrow("pivot 200 is zero");
    const zero = { logAbsDet: Number.NEGATIVE_INFINITY, sign: 0 };
    expect(await factorizeAsync(a, n, { inverse: false })).toEqual(zero);
    await expect(factorizeAsync(a, 300, { inverse: false })).rejects.toThrow(LogdetError);
  });

  test("a worker that dies rejects those who wait, and the next request gets a new one", async () => {
    // More than a WebAssembly.Memory can hold: the boundary check of factorizeAsync never lets this through.
    const dead = factorizeInWorker(new Float64Array(1), 40_000, false);
    const behind = factorizeInWorker(normal(8), 8, false);
    await expect(dead).rejects.toThrow(LogdetError);
    await expect(behind).rejects.toThrow("linear algebra failed");
    const { logAbsDet: found } = await factorizeInWorker(normal(8), 8, false);
    expect(found).toBe(logAbsDet(normal(8), 8).logAbsDet);
  });
});

describe("factorizeEach", () => {
  const n = 5;
  const rows = 7;
  const matrices = new Random(3).fillNormal(new Float64Array(rows * n * n));
  const one = (row: number) => matrices.slice(row * n * n, (row + 1) * n * n);

  test("gives every matrix the determinant and the inverse that it has alone", async () => {
    const [logAbsDets, inverses] = [new Float64Array(rows), new Float64Array(matrices.length)];
    await factorizeEach(matrices, n, { logAbsDet: logAbsDets, inverse: inverses });
    for (let row = 0; row < rows; row++) {
      expect(logAbsDets[row]).toBe(logAbsDet(one(row), n).logAbsDet);
      expect(inverses.slice(row * n * n, (row + 1) * n * n)).toEqual(inverse(one(row), n));
    }
  });

  test("puts inverses in place, and determinants of float32 matrices into float32", async () => {
    const place = Float32Array.from(matrices);
    const logAbsDets = new Float32Array(rows);
    await factorizeEach(place, n, { logAbsDet: logAbsDets, inverse: place });
    expect(fromIdentity(multiply(one(2), place.subarray(2 * n * n, 3 * n * n), n), n)).toBeLessThan(1e-4);
    expect(logAbsDets[2]).toBeCloseTo(logAbsDet(one(2), n).logAbsDet, 4);
  });

  test("names the row whose matrix has no inverse, and gives its determinant as −Infinity", async () => {
    const flat = matrices.slice();
    flat.fill(0, 3 * n * n, 4 * n * n);
    const logAbsDets = new Float64Array(rows);
    await factorizeEach(flat, n, { logAbsDet: logAbsDets });
    expect([...logAbsDets].map(Number.isFinite)).toEqual([true, true, true, false, true, true, true]);
    const error = await factorizeEach(flat, n, { inverse: new Float64Array(flat.length) }).catch((e) => e);
    expect(error).toBeInstanceOf(LogdetError);
    expect(error.where).toEqual(["row 3 of the batch", "column 0"]);
  });

  test("refuses arrays that do not fit", async () => {
    const wrong = /numbers each|array of their own size/;
    await expect(factorizeEach(matrices.subarray(1), n, {})).rejects.toThrow(wrong);
    await expect(factorizeEach(matrices, n, { logAbsDet: new Float64Array(1) })).rejects.toThrow(wrong);
    await expect(factorizeEach(matrices, n, { inverse: new Float64Array(n) })).rejects.toThrow(wrong);
  });
});
