// smallProduct against the same sums in float64, in all four forms, at sizes around its tiles' edges.
import { expect, test } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

const memory = new WebAssembly.Memory({ initial: 16 });
const kernels = instantiateKernels(memory);
const guard = 12345;

type Addend = "none" | "matrix" | "row" | "out";
interface Case {
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
  beta?: number;
  addend?: Addend;
}

/** Normal arrays one after another, each with guards around it. */
function arrays(lengths: readonly number[], random: Random): Float32Array[] {
  const whole = new Float32Array(memory.buffer).fill(guard);
  let at = 16;
  return lengths.map((length) => {
    const array = random.fillNormal(whole.subarray(at, at + length));
    at += length + 5; // so that most arrays do not begin at a multiple of 16 bytes
    return array;
  });
}

function expectGuards(array: Float32Array): void {
  const around = new Float32Array(memory.buffer, array.byteOffset - 20, array.length + 10);
  for (let i = 0; i < 5; i++) expect([around[i], around[array.length + 5 + i]]).toEqual([guard, guard]);
}

/** Runs one case and compares every element with its float64 sum, within float32 rounding of the sum's terms. */
function expectProduct(sizes: Case): void {
  const { m, n, k, transposeA = false, transposeB = false, alpha = 1, beta = 1, addend = "none" } = sizes;
  const random = new Random(m * 10_000 + n * 100 + k);
  const scratchLength = kernels.smallProductScratch(m, n, k) / 4;
  const [a, b, c, out, scratch] = arrays([m * k, k * n, m * n, m * n, scratchLength], random);
  const added = { none: undefined, matrix: c, row: c.subarray(0, n), out }[addend];
  const before = added?.slice();
  kernels.smallProduct(
    m,
    n,
    k,
    a.byteOffset,
    Number(transposeA),
    b.byteOffset,
    Number(transposeB),
    alpha,
    beta,
    added?.byteOffset ?? 0,
    Number(addend === "row"),
    out.byteOffset,
    scratch.byteOffset,
  );
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let size = 0;
      for (let p = 0; p < k; p++) {
        const term = alpha * a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];
        sum += term;
        size += Math.abs(term);
      }
      const old = before ? beta * before[addend === "row" ? j : i * n + j] : 0;
      const error = Math.abs(out[i * n + j] - (sum + old));
      if (!(error <= 1e-6 * (size + Math.abs(old))))
        expect.fail(`${JSON.stringify(sizes)}: ${out[i * n + j]} for ${sum + old} at [${i}, ${j}]`);
    }
  for (const array of [out, scratch]) expectGuards(array);
}

const odd = [1, 2, 3, 5, 8, 17, 33, 64];
const forms = [
  { name: "A B", transposeA: false, transposeB: false },
  { name: "A Bᵀ", transposeA: false, transposeB: true },
  { name: "Aᵀ B", transposeA: true, transposeB: false },
  { name: "Aᵀ Bᵀ", transposeA: true, transposeB: true },
];

test.each(forms)("$name is right at every combination of odd sizes", ({ transposeA, transposeB }) => {
  for (const m of odd)
    for (const n of odd) for (const k of odd) expectProduct({ m, n, k, transposeA, transposeB });
});

test.each(forms)("$name takes scales and every kind of addend", ({ transposeA, transposeB }) => {
  for (const addend of ["matrix", "row", "out"] as const)
    for (const n of [1, 2, 3, 4, 6, 9, 17])
      for (const m of [1, 6, 7])
        expectProduct({ m, n, k: 5, transposeA, transposeB, alpha: -1.75, beta: 0.5, addend });
});

test.each(forms)("$name is right where the inner sum is cut into pieces", ({ transposeA, transposeB }) => {
  for (const addend of ["none", "matrix", "row", "out"] as const)
    for (const k of [255, 256, 257, 700])
      expectProduct({ m: 5, n: 7, k, transposeA, transposeB, alpha: -0.25, beta: 2, addend });
});

test.each(forms)("$name is right for tall and wide matrices", ({ transposeA, transposeB }) => {
  expectProduct({ m: 300, n: 6, k: 6, transposeA, transposeB, addend: "row" });
  expectProduct({ m: 6, n: 300, k: 2, transposeA, transposeB, addend: "matrix" });
  expectProduct({ m: 96, n: 96, k: 96, transposeA, transposeB });
});

test("what an unwanted lane holds does not reach a result", () => {
  // B's neighbours and the old content of out and scratch are NaN.
  const whole = new Float32Array(memory.buffer).fill(Number.NaN);
  const [a, b, out] = [whole.subarray(100, 106), whole.subarray(200, 206), whole.subarray(300, 304)];
  a.set([1, 2, 3, 4, 5, 6]);
  b.set([7, 8, 9, 10, 11, 12]);
  kernels.smallProduct(2, 2, 3, 400, 0, 800, 0, 1, 1, 0, 0, 1200, 1600);
  expect([...out]).toEqual([58, 64, 139, 154]);
  expect(whole[299]).toBeNaN();
  expect(whole[304]).toBeNaN();
});

test("one bad element spoils its row only", () => {
  const [a, b, out, scratch] = arrays([30, 25, 30, 64], new Random(1));
  a[7] = Number.NaN;
  kernels.smallProduct(
    6,
    5,
    5,
    a.byteOffset,
    0,
    b.byteOffset,
    1,
    1,
    1,
    0,
    0,
    out.byteOffset,
    scratch.byteOffset,
  );
  expect([...out].map(Number.isNaN)).toEqual([...out].map((_, i) => Math.floor(i / 5) === 1));
});

test("matrices at the very ends of the memory are within reach", () => {
  const whole = new Float32Array(memory.buffer).fill(1);
  const last = whole.length;
  // out [3, 3] at address 0; B [3, 3] and C [3] are the last elements.
  const [b, c] = [4 * (last - 9), 4 * (last - 3)];
  kernels.smallProduct(3, 3, 3, 4000, 0, b, 0, 1, 1, c, 1, 0, 8000);
  expect([...whole.subarray(0, 10)]).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, 1]);
  kernels.smallProduct(3, 5, 2, 4000, 0, 6000, 1, 1, 1, 0, 0, 4 * (last - 15), 8000);
  expect([...whole.subarray(last - 16)]).toEqual([1, ...Array<number>(15).fill(2)]);
  // A narrow C whose address is as many bytes as its row lacks of a vector.
  whole.fill(3, 0, 16);
  kernels.smallProduct(2, 2, 1, 4000, 0, 6000, 0, 1, 1, 8, 1, 4800, 8000);
  expect([...whole.subarray(1200, 1204)]).toEqual([4, 4, 4, 4]);
});
