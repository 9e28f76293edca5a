// LU factorisation of plain typed arrays by the WebAssembly kernels, in the thread that calls it. A worker gets the
// source text of the one function here, so that function must refer to nothing outside itself.

import type { LuKernels } from "../kernels/index.js";
import type { FloatArray } from "./parameter-store.js";

/** Why a matrix has no usable factors. Row and column count from 0. */
export type Failure =
  | { readonly kind: "singular"; readonly column: number }
  | { readonly kind: "notFinite"; readonly row: number; readonly column: number };

/** S A = Pᵀ L U of a square matrix A, S a diagonal of powers of two. */
export interface Factors {
  readonly n: number;
  /** Rows and columns of `lu`, which is padded with the identity. */
  readonly size: number;
  readonly lu: Float64Array;
  readonly pivots: Int32Array;
  /** The diagonal of S, [n]. */
  readonly scales: Float64Array;
  readonly logAbsDet: number;
  readonly sign: -1 | 0 | 1;
  /** If set, `lu` is of no use. */
  readonly failure: Failure | undefined;
}

export interface LinearAlgebra {
  /** Factorises a row-major [n, n]. O(n³). */
  factor(a: FloatArray, n: number): Factors;
  /** A⁻¹ into `out` [n, n]. O(n³). */
  inverse(factors: Factors, out: FloatArray): void;
  /** A⁻¹ B into `out`; B, out: [n, columns], may be the same array. O(n² columns). */
  solve(factors: Factors, b: FloatArray, columns: number, out: FloatArray): void;
}

/** Binds the compiled kernels to a workspace of their own, which grows as needed and is let go when it was large. */
export function createLinearAlgebra(module: WebAssembly.Module): LinearAlgebra {
  const pageBytes = 65_536;
  const mostKeptBytes = 64 * 1024 * 1024;
  let bound: { memory: WebAssembly.Memory; kernels: LuKernels } | undefined;

  const roundUp = (x: number, multiple: number) => Math.ceil(x / multiple) * multiple;

  // The kernels want a multiple of 4. From 64 on it is an odd one: rows whose length is a power of two would compete
  // for the same lines of the cache.
  const paddedSize = (n: number) => (n < 64 ? roundUp(n, 4) : roundUp(n + 4, 8) - 4);

  /** The workspace with room for LU factors and a right-hand side of `columns`. Its views die at the next call. */
  function workspace(size: number, columns: number) {
    bound ??= bind();
    const { memory, kernels } = bound;
    const right = size * size * 8;
    const pivots = right + size * columns * 8;
    const scratch = roundUp(pivots + size * 4, 64);
    const pages = Math.ceil((scratch + kernels.luScratch(size)) / pageBytes);
    const missing = pages - memory.buffer.byteLength / pageBytes;
    if (missing > 0) memory.grow(missing);
    return {
      kernels,
      at: { lu: 0, right, pivots, scratch },
      lu: new Float64Array(memory.buffer, 0, size * size),
      right: new Float64Array(memory.buffer, right, size * columns),
      pivots: new Int32Array(memory.buffer, pivots, size),
    };
  }

  function bind() {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { memory, kernels: exports as unknown as LuKernels };
  }

  function release() {
    if (bound && bound.memory.buffer.byteLength > mostKeptBytes) bound = undefined;
  }

  function factor(a: FloatArray, n: number): Factors {
    const size = paddedSize(n);
    const { kernels, at, lu, pivots } = workspace(size, 0);
    const scales = new Float64Array(n);
    const failed = (failure: Failure): Factors => {
      release();
      const logAbsDet = failure.kind === "singular" ? -Infinity : NaN;
      return {
        n,
        size,
        lu: new Float64Array(),
        pivots: new Int32Array(),
        scales,
        logAbsDet,
        sign: 0,
        failure,
      };
    };

    // Rows are brought to a common size by powers of two, which rounds nothing: otherwise large rows would be chosen
    // as pivots for their units alone.
    lu.fill(0);
    let exponents = 0;
    for (let i = 0; i < n; i++) {
      let largest = 0;
      for (let j = 0; j < n; j++) {
        const magnitude = Math.abs(a[i * n + j]);
        if (!(magnitude < Infinity)) return failed({ kind: "notFinite", row: i, column: j });
        if (magnitude > largest) largest = magnitude;
      }
      const exponent = largest > 0 ? Math.max(-1000, Math.floor(Math.log2(largest))) : 0;
      exponents += exponent;
      scales[i] = 2 ** -exponent;
      for (let j = 0; j < n; j++) lu[i * size + j] = a[i * n + j] * scales[i];
    }
    for (let i = n; i < size; i++) lu[i * size + i] = 1;

    const singular = kernels.luFactor(size, at.lu, at.pivots, at.scratch);
    if (singular > 0) return failed({ kind: "singular", column: singular - 1 });

    let logAbsDet = exponents * Math.LN2;
    let sign: -1 | 1 = 1;
    for (let i = 0; i < n; i++) {
      const pivot = lu[i * size + i];
      logAbsDet += Math.log(Math.abs(pivot));
      if (pivot < 0 !== (pivots[i] !== i)) sign = sign === 1 ? -1 : 1;
    }
    const factors = { n, size, lu: lu.slice(), pivots: pivots.slice(), scales, logAbsDet, sign };
    release();
    return { ...factors, failure: undefined };
  }

  function inverse({ n, size, lu, pivots, scales }: Factors, out: FloatArray): void {
    const space = workspace(size, size);
    space.lu.set(lu);
    space.pivots.set(pivots);
    space.kernels.luInverse(size, space.at.lu, space.at.pivots, space.at.right, space.at.scratch);
    // A⁻¹ = (S A)⁻¹ S
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) out[i * n + j] = space.right[i * size + j] * scales[j];
    release();
  }

  function solve({ n, size, lu, pivots, scales }: Factors, b: FloatArray, columns: number, out: FloatArray) {
    const width = roundUp(columns, 4);
    const space = workspace(size, width);
    space.lu.set(lu);
    space.pivots.set(pivots);
    space.right.fill(0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < columns; j++) space.right[i * width + j] = b[i * columns + j] * scales[i];
    space.kernels.luSolve(size, space.at.lu, space.at.pivots, space.at.right, width, space.at.scratch);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < columns; j++) out[i * columns + j] = space.right[i * width + j];
    release();
  }

  return { factor, inverse, solve };
}
