// LU factorisation with partial pivoting, P A = L U, in float64, by halves of columns (Toledo 1997): the recursion
// needs no block size and spends nearly all its time in matrix products. `n` is a multiple of 4.

import { subtractProduct } from "./product";
import { half, invertLower, solveLower, solveUpper } from "./triangular";

/** Exchanges two rows of `count` float64, `count` even. */
function swapRows(count: usize, a: usize, b: usize): void {
  for (const end = a + count * 8; a < end; a += 16, b += 16) {
    const held = v128.load(a);
    v128.store(a, v128.load(b));
    v128.store(b, held);
  }
}

/** Factorises the four columns from `first` on, rows `first` to n. Returns 1 + the column whose pivot is zero, or 0. */
function factorFour(n: usize, first: usize, a: usize, pivots: usize): usize {
  const stride = n * 8;
  const end = a + n * stride;
  for (let j: usize = 0; j < 4; j++) {
    const column = first + j;
    const pivotRow = a + column * stride;

    let largest: f64 = 0;
    let chosen = pivotRow;
    for (let row = pivotRow; row < end; row += stride) {
      const size = abs(load<f64>(row + column * 8));
      if (size > largest) {
        largest = size;
        chosen = row;
      }
    }
    if (largest == 0) return column + 1;
    store<i32>(pivots + column * 4, <i32>((chosen - a) / stride));
    // Whole rows: L to the left and the columns still to come are exchanged in the same breath.
    if (chosen != pivotRow) swapRows(n, pivotRow, chosen);

    const panel = pivotRow + first * 8;
    const pivot = load<f64>(panel + j * 8);
    // The pivot row with zeros in the columns already done, which the update then leaves as they are.
    const u1 = j < 1 ? load<f64>(panel, 8) : 0;
    const u2 = j < 2 ? load<f64>(panel, 16) : 0;
    const u3 = j < 3 ? load<f64>(panel, 24) : 0;
    const left = f64x2.replace_lane(f64x2.splat(0), 1, u1);
    const right = f64x2.replace_lane(f64x2.splat(u2), 1, u3);
    for (let row = panel + stride; row < end; row += stride) {
      const factor = load<f64>(row + j * 8) / pivot;
      const factors = f64x2.splat(factor);
      v128.store(row, f64x2.sub(v128.load(row), f64x2.mul(factors, left)));
      v128.store(row, f64x2.sub(v128.load(row, 16), f64x2.mul(factors, right)), 16);
      store<f64>(row + j * 8, factor);
    }
  }
  return 0;
}

function factorColumns(n: usize, first: usize, count: usize, a: usize, pivots: usize, scratch: usize): usize {
  if (count == 4) return factorFour(n, first, a, pivots);
  const stride = n * 8;
  const left = half(count);
  const right = count - left;
  const next = first + left;
  const corner = a + first * stride + first * 8;
  const topRight = corner + left * 8;
  const bottomLeft = corner + left * stride;
  const singular = factorColumns(n, first, left, a, pivots, scratch);
  if (singular) return singular;
  solveLower(left, right, corner, stride, topRight, stride, scratch);
  const bottomRight = bottomLeft + left * 8;
  subtractProduct(n - next, right, left, bottomLeft, stride, topRight, stride, bottomRight, stride, scratch);
  return factorColumns(n, next, right, a, pivots, scratch);
}

export function luFactor(n: usize, a: usize, pivots: usize, scratch: usize): usize {
  return factorColumns(n, 0, n, a, pivots, scratch);
}

export function luSolve(n: usize, a: usize, pivots: usize, b: usize, columns: usize, scratch: usize): void {
  const stride = columns * 8;
  for (let i: usize = 0; i < n; i++) {
    const other = <usize>load<u32>(pivots + i * 4);
    if (other != i) swapRows(columns, b + i * stride, b + other * stride);
  }
  solveLower(n, columns, a, n * 8, b, stride, scratch);
  solveUpper(n, columns, a, n * 8, b, stride, scratch);
}

export function luInverse(n: usize, a: usize, pivots: usize, out: usize, scratch: usize): void {
  const stride = n * 8;
  const end = out + n * stride;
  memory.fill(out, 0, n * stride);
  for (let at = out; at < end; at += stride + 8) store<f64>(at, 1);
  invertLower(n, a, stride, out, stride, scratch);
  solveUpper(n, n, a, stride, out, stride, scratch);
  // A⁻¹ = U⁻¹ L⁻¹ P: the row exchanges of P become column exchanges, last one first.
  for (let row = out; row < end; row += stride)
    for (let j = n; j-- > 0; ) {
      const here = row + j * 8;
      const there = row + (<usize>load<u32>(pivots + j * 4)) * 8;
      const held = load<f64>(here);
      store<f64>(here, load<f64>(there));
      store<f64>(there, held);
    }
}
