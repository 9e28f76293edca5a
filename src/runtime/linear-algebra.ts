// Dense linear algebra on the host for square row-major matrices in typed arrays: log|det|, inverse, solve. All
// arithmetic is float64; results have the precision of the input.

import { LogdetError } from "../errors.js";
import { kernelsModule } from "../kernels/index.js";
import { breathe } from "./breathe.js";
import { createLinearAlgebra, type Failure, type LinearAlgebra } from "./linear-algebra-core.js";
import { factorizeInWorker } from "./linear-algebra-worker.js";
import type { FloatArray } from "./parameter-store.js";

/** From this size on (about 3 ms for an inverse) a factorisation is worth the trip to the worker thread. */
const workerSize = 256;

/** Factors, inverse and scratch of this size fill the 4 GiB of a WebAssembly.Memory. */
const largestSize = 16_000;

/**
 * log|det A| in nats and the sign of det A. If a pivot is exactly zero: −Infinity and 0. A matrix that is singular but
 * for rounding, such as one with two equal rows, may give a finite, very negative number instead. If A holds a NaN or
 * an infinity: NaN and 0.
 */
export interface Determinant {
  readonly logAbsDet: number;
  readonly sign: -1 | 0 | 1;
}

/**
 * A factorised matrix A [n, n]: the determinant is known, the inverse and solutions are two products away.
 * It keeps a copy; changing the original array changes nothing here.
 */
export interface Factorization<T extends FloatArray = FloatArray> extends Determinant {
  /**
   * A⁻¹ [n, n], into `out` if given (A itself will do).
   *
   * @throws LogdetError "numeric" naming the pivot if A is singular, or the element that is not finite
   */
  inverse(out?: T): T;

  /**
   * X = A⁻¹ B. B, X: [n, columns].
   *
   * @throws LogdetError "numeric" as `inverse`, "shape" if B does not have n · columns numbers
   */
  solve(b: T, columns: number): T;
}

let local: LinearAlgebra | undefined;

/** The workspace of this thread. */
function algebra(): LinearAlgebra {
  local ??= createLinearAlgebra(kernelsModule());
  return local;
}

/**
 * LU factorisation with row scaling and partial pivoting. O(n³), about 0.06 s for n = 1024.
 *
 * @param a row-major [n, n]; left as it is
 * @throws LogdetError "shape" if `a` does not have n² numbers
 * @example
 * const { logAbsDet, sign, inverse } = factorize(new Float64Array([2, 1, 1, 3]), 2) // log 5, 1
 */
export function factorize<T extends FloatArray>(a: T, n: number): Factorization<T> {
  checkSquare(a, n);
  const factors = algebra().factor(a, n);
  const emptyLike = (length: number) =>
    (a instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as T;
  return {
    logAbsDet: factors.logAbsDet,
    sign: factors.sign,
    inverse(out = emptyLike(n * n)) {
      checkSquare(out, n);
      checkUsable(factors);
      algebra().inverse(factors, out);
      return out;
    },
    solve(b, columns) {
      if (!Number.isInteger(columns) || columns < 0 || b.length !== n * columns)
        throw new LogdetError("shape", `solve: B must be [${n}, ${columns}], got ${b.length} numbers`);
      checkUsable(factors);
      const out = emptyLike(b.length);
      algebra().solve(factors, b, columns, out);
      return out;
    },
  };
}

/**
 * log|det A| and the sign of det A; neither overflows however large the determinant. O(n³).
 *
 * @param a row-major [n, n]
 * @throws LogdetError "shape" if `a` does not have n² numbers
 * @example logAbsDet(new Float32Array([0, 2, 2, 0]), 2) // { logAbsDet: 1.386…, sign: -1 }
 */
export function logAbsDet(a: FloatArray, n: number): Determinant {
  checkSquare(a, n);
  const { logAbsDet, sign } = algebra().factor(a, n);
  return { logAbsDet, sign };
}

/**
 * A⁻¹ [n, n], into `out` if given (A itself will do). O(n³).
 *
 * @param a row-major [n, n]
 * @throws LogdetError "numeric" naming the pivot if A is singular, "shape" if `a` does not have n² numbers
 * @example inverse(new Float64Array([2, 0, 0, 4]), 2) // [0.5, 0, 0, 0.25]
 */
export function inverse<T extends FloatArray>(a: T, n: number, out?: T): T {
  return factorize(a, n).inverse(out);
}

/**
 * X = A⁻¹ B. a: [n, n]; b, result: [n, columns], row-major. O(n³ + n² columns).
 *
 * @throws LogdetError "numeric" naming the pivot if A is singular, "shape" if the arrays do not fit
 * @example solve(new Float64Array([2, 0, 0, 4]), 2, new Float64Array([2, 8]), 1) // [1, 2]
 */
export function solve<T extends FloatArray>(a: T, n: number, b: T, columns: number): T {
  return factorize(a, n).solve(b, columns);
}

/**
 * The determinant and, if asked for, the inverse of a matrix as it is at the call. From n = 256 on the work is done
 * in a worker thread and the event loop stays free; smaller matrices are done before the call returns.
 *
 * @param a row-major [n, n]; left as it is
 * @returns `inverse` [n, n] is there exactly if `options.inverse` is true
 * @throws LogdetError "shape" if `a` does not have n² numbers; if the inverse is asked for, "numeric" naming the
 * pivot if A is singular
 * @example const { logAbsDet, inverse } = await factorizeAsync(weight, 1024, { inverse: true })
 */
export async function factorizeAsync<T extends FloatArray>(
  a: T,
  n: number,
  options: { readonly inverse: boolean },
): Promise<Determinant & { readonly inverse?: T }> {
  if (n < workerSize) {
    const { logAbsDet, sign, inverse } = factorize(a, n);
    return options.inverse ? { logAbsDet, sign, inverse: inverse() } : { logAbsDet, sign };
  }
  checkSquare(a, n);
  const { logAbsDet, sign, failure, inverse } = await factorizeInWorker(a, n, options.inverse);
  if (!options.inverse) return { logAbsDet, sign };
  checkUsable({ n, failure });
  return { logAbsDet, sign, inverse: inverse as T };
}

/**
 * The determinants and the inverses of many matrices of one size, each factorised once. The event loop gets its turns
 * in between. O(rows n³): about 0.04 ms a matrix with its inverse for n = 36, 0.15 ms for n = 64.
 *
 * @param matrices row-major [rows, n, n]; left as they are, unless `out.inverse` is the same array
 * @param out where results go, if wanted: `logAbsDet` [rows], nats, −Infinity where a matrix is exactly singular;
 * `inverse` [rows, n, n]
 * @throws LogdetError "shape" if the arrays do not fit; if inverses are asked for, "numeric" naming the row whose matrix
 * is singular or not finite
 * @example await factorizeEach(jacobians, 8, { logAbsDet: new Float64Array(256) })
 */
export async function factorizeEach(
  matrices: FloatArray,
  n: number,
  out: { readonly logAbsDet?: FloatArray; readonly inverse?: FloatArray },
): Promise<void> {
  const rows = matrices.length / (n * n);
  if (!Number.isInteger(rows))
    throw new LogdetError(
      "shape",
      `matrices of ${n} rows have ${n * n} numbers each, got ${matrices.length}`,
    );
  if (
    (out.logAbsDet?.length ?? rows) !== rows ||
    (out.inverse?.length ?? matrices.length) !== matrices.length
  )
    throw new LogdetError(
      "shape",
      `the results of ${rows} matrices of ${n} rows need an array of their own size`,
    );
  for (let row = 0; row < rows; row++) {
    await breathe();
    const [from, to] = [row * n * n, (row + 1) * n * n];
    const factors = algebra().factor(matrices.subarray(from, to), n);
    if (out.logAbsDet) out.logAbsDet[row] = factors.logAbsDet;
    if (!out.inverse) continue;
    checkUsable(factors, [`row ${row} of the batch`]);
    algebra().inverse(factors, out.inverse.subarray(from, to));
  }
}

function checkSquare(a: FloatArray, n: number): void {
  if (!Number.isInteger(n) || n < 1 || a.length !== n * n)
    throw new LogdetError("shape", `a square matrix of ${n} rows has ${n * n} numbers, got ${a.length}`);
  if (n > largestSize)
    throw new LogdetError(
      "numeric",
      `a matrix of ${n} rows is too large: at most ${largestSize} fit in memory`,
    );
}

function checkUsable(
  { n, failure }: { n: number; failure: Failure | undefined },
  path: readonly string[] = [],
): void {
  if (failure?.kind === "singular")
    throw new LogdetError("numeric", `the ${n} x ${n} matrix is singular: pivot ${failure.column} is zero`, {
      where: [...path, `column ${failure.column}`],
      hint: `Column ${failure.column} (from 0) is a combination of the columns before it, or zero.`,
    });
  if (failure?.kind === "notFinite")
    throw new LogdetError("numeric", `the ${n} x ${n} matrix holds a number that is not finite`, {
      where: [...path, `row ${failure.row}`, `column ${failure.column}`],
      hint: "Rows and columns count from 0.",
    });
}
