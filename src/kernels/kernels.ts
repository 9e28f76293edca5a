// The typed door to the WebAssembly kernels: array updates and float64 LU, working in a memory the caller owns.
// The sources are in assembly/; the build turns them into generated.ts.

import { kernelsBase64 } from "./generated.js";
import type { GenericKernels } from "./generic-kernels.js";
import type { IcaKernels } from "./ica-kernels.js";
import type { MixtureKernels } from "./mixture-kernels.js";
import type { SmallProductKernels } from "./small-product-kernels.js";
import type { SplineKernels } from "./spline-kernels.js";

/**
 * Kernels over arrays of one element type (float32 or float64). Every array is a byte offset into the memory, a
 * multiple of the element size; `count` is a number of elements. Numbers such as rates are passed in float64 and
 * rounded to the element type once. Nothing is checked: an array must lie inside the memory.
 */
export interface ArrayKernels {
  /**
   * Gradient descent with heavy-ball momentum: v ← μ v + g, then x ← x − η (v + λ x).
   * Pass a `weightDecay` λ of 0 for none; it acts on the value, not on the velocity.
   */
  sgd(
    count: number,
    value: number,
    gradient: number,
    velocity: number,
    learningRate: number,
    momentum: number,
    weightDecay: number,
  ): void;

  /**
   * Adam; with `weightDecay` λ > 0, AdamW:
   *
   *   m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  x ← x − η (m / c₁) / (√(v / c₂) + ε) − η λ x
   *
   * @param correction1 c₁ = 1 − β₁ᵗ at step t = 1, 2, …, computed by the caller
   * @param correction2 c₂ = 1 − β₂ᵗ
   * @see Kingma & Ba, "Adam", ICLR 2015; Loshchilov & Hutter, "Decoupled weight decay", ICLR 2019
   */
  adam(
    count: number,
    value: number,
    gradient: number,
    m: number,
    v: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
    weightDecay: number,
  ): void;

  /** average ← decay · average + (1 − decay) · value. */
  average(count: number, average: number, value: number, decay: number): void;

  /** Every element of x becomes `value`. */
  fill(count: number, x: number, value: number): void;

  /** x ← factor · x. */
  scale(count: number, x: number, factor: number): void;

  /** y ← y + factor · x. */
  addScaled(count: number, y: number, x: number, factor: number): void;

  /** Σ x², summed in float64 whatever the element type. */
  sumOfSquares(count: number, x: number): number;

  /** Whether no element is NaN or infinite. */
  allFinite(count: number, x: number): boolean;

  /**
   * out = W + W U: the step of a weight matrix in its own frame. Register-blocked, for n up to a few hundred.
   * W, out: [rows, n]; U: [n, n]; all row-major. `out` must not overlap W or U.
   */
  rightMultiplyAdd(rows: number, n: number, w: number, u: number, out: number): void;
}

/**
 * LU factorisation in float64 with partial pivoting, P A = L U. Matrices are row-major byte offsets, multiples of 8.
 * **`n` and `columns` must be multiples of 4**: pad a matrix with the identity in the corner, which changes neither
 * its determinant nor the rest of its inverse. Odd multiples of 4 are faster for large n: the rows of a power of two
 * compete for the same lines of the cache. `scratch` points to `luScratch(n)` bytes.
 */
export interface LuKernels {
  /** Bytes of scratch space that the others need for an [n, n] matrix. */
  luScratch(n: number): number;

  /**
   * A ← L and U in place (L's unit diagonal is not stored). pivots: int32 [n], row i was exchanged with row pivots[i].
   * Returns 0, or 1 + the column whose pivot is exactly zero; the matrix is then left half factorised.
   */
  luFactor(n: number, a: number, pivots: number, scratch: number): number;

  /** out = A⁻¹ from `luFactor`'s result. `out` [n, n] must not overlap A. */
  luInverse(n: number, a: number, pivots: number, out: number, scratch: number): void;

  /** B ← A⁻¹ B in place from `luFactor`'s result. B: [n, columns]. */
  luSolve(n: number, a: number, pivots: number, b: number, columns: number, scratch: number): void;
}

/** All kernels, bound to one memory. */
export interface Kernels
  extends GenericKernels,
    IcaKernels,
    LuKernels,
    MixtureKernels,
    SmallProductKernels,
    SplineKernels {
  readonly float32: ArrayKernels;
  readonly float64: ArrayKernels;
}

type Precision = "32" | "64";
type Exports = GenericKernels &
  IcaKernels &
  LuKernels &
  MixtureKernels &
  SmallProductKernels &
  SplineKernels & { readonly [Name in `${keyof ArrayKernels}${Precision}`]: KernelExport<Name> };
type KernelExport<Name> = Name extends `${infer Kernel extends keyof ArrayKernels}${Precision}`
  ? Kernel extends "allFinite"
    ? (...args: Parameters<ArrayKernels["allFinite"]>) => number
    : ArrayKernels[Kernel]
  : never;

let compiled: WebAssembly.Module | undefined;

/** The compiled module, the same one at every call. It can be posted to a worker and instantiated there. */
export function kernelsModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(kernelsBase64), (byte) => byte.charCodeAt(0)));
  return compiled;
}

/**
 * Binds the kernels to a memory. Synchronous; the module is compiled once a process (a few milliseconds).
 * Growing the memory afterwards is fine.
 *
 * @example
 * const memory = new WebAssembly.Memory({ initial: 1 })
 * const kernels = instantiateKernels(memory)
 * kernels.float32.fill(100, 0, 1)
 * kernels.float32.sumOfSquares(100, 0) // 100
 */
export function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(kernelsModule(), { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  return { ...exports, float32: arrayKernels(exports, "32"), float64: arrayKernels(exports, "64") };
}

function arrayKernels(exports: Exports, precision: Precision): ArrayKernels {
  const allFinite = exports[`allFinite${precision}`];
  return {
    sgd: exports[`sgd${precision}`],
    adam: exports[`adam${precision}`],
    average: exports[`average${precision}`],
    fill: exports[`fill${precision}`],
    scale: exports[`scale${precision}`],
    addScaled: exports[`addScaled${precision}`],
    sumOfSquares: exports[`sumOfSquares${precision}`],
    allFinite: (count, x) => allFinite(count, x) !== 0,
    rightMultiplyAdd: exports[`rightMultiplyAdd${precision}`],
  };
}
