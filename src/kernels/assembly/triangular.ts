// Triangular systems in float64, by halves: almost all the work is matrix products. Every size is a multiple of 4;
// strides are in bytes.

import { subtractProduct } from "./product";

/** At most this many unknowns are solved for directly. */
const DIRECT: usize = 16;

/** Where to cut `n` unknowns in two, at a multiple of 4. */
export function half(n: usize): usize {
  return (n >> 1) & ~3;
}

/** B ← L⁻¹ B. L [n, n]: ones on the diagonal, the rest below it; what lies above is not read. B [n, columns]. */
export function solveLower(
  n: usize, columns: usize, l: usize, strideL: usize, b: usize, strideB: usize, scratch: usize,
): void {
  if (n <= DIRECT) {
    solveLowerDirectly(n, columns, l, strideL, b, strideB);
    return;
  }
  const top = half(n);
  const bottom = n - top;
  const lowerRows = l + top * strideL;
  const lowerB = b + top * strideB;
  solveLower(top, columns, l, strideL, b, strideB, scratch);
  subtractProduct(bottom, columns, top, lowerRows, strideL, b, strideB, lowerB, strideB, scratch);
  solveLower(bottom, columns, lowerRows + top * 8, strideL, lowerB, strideB, scratch);
}

/** B ← U⁻¹ B. U [n, n]: the diagonal and above; what lies below is not read. B [n, columns]. */
export function solveUpper(
  n: usize, columns: usize, u: usize, strideU: usize, b: usize, strideB: usize, scratch: usize,
): void {
  if (n <= DIRECT) {
    solveUpperDirectly(n, columns, u, strideU, b, strideB);
    return;
  }
  const top = half(n);
  const bottom = n - top;
  const lowerB = b + top * strideB;
  solveUpper(bottom, columns, u + top * strideU + top * 8, strideU, lowerB, strideB, scratch);
  subtractProduct(top, columns, bottom, u + top * 8, strideU, lowerB, strideB, b, strideB, scratch);
  solveUpper(top, columns, u, strideU, b, strideB, scratch);
}

/** Turns `out`, the identity [n, n] on entry, into L⁻¹ (L as in `solveLower`) without touching the zeros above. */
export function invertLower(n: usize, l: usize, strideL: usize, out: usize, strideOut: usize, scratch: usize): void {
  if (n <= DIRECT) {
    solveLowerDirectly(n, n, l, strideL, out, strideOut);
    return;
  }
  const top = half(n);
  const bottom = n - top;
  const lowerRows = l + top * strideL;
  const lowerOut = out + top * strideOut;
  invertLower(top, l, strideL, out, strideOut, scratch);
  subtractProduct(bottom, top, top, lowerRows, strideL, out, strideOut, lowerOut, strideOut, scratch);
  solveLower(bottom, top, lowerRows + top * 8, strideL, lowerOut, strideOut, scratch);
  invertLower(bottom, lowerRows + top * 8, strideL, lowerOut + top * 8, strideOut, scratch);
}

// Four columns of B at a time: a row's four numbers stay in two registers until they are final.

function solveLowerDirectly(n: usize, columns: usize, l: usize, strideL: usize, b: usize, strideB: usize): void {
  for (const last = b + columns * 8; b < last; b += 32) {
    let row = b;
    let lRow = l;
    for (let i: usize = 0; i < n; i++) {
      let x0 = v128.load(row);
      let x1 = v128.load(row, 16);
      let done = b;
      for (let at = lRow, end = lRow + i * 8; at < end; at += 8) {
        const factor = v128.load64_splat(at);
        x0 = f64x2.sub(x0, f64x2.mul(factor, v128.load(done)));
        x1 = f64x2.sub(x1, f64x2.mul(factor, v128.load(done, 16)));
        done += strideB;
      }
      v128.store(row, x0);
      v128.store(row, x1, 16);
      row += strideB;
      lRow += strideL;
    }
  }
}

function solveUpperDirectly(n: usize, columns: usize, u: usize, strideU: usize, b: usize, strideB: usize): void {
  for (const last = b + columns * 8; b < last; b += 32) {
    for (let i = n; i-- > 0; ) {
      const row = b + i * strideB;
      const diagonal = u + i * strideU + i * 8;
      let x0 = v128.load(row);
      let x1 = v128.load(row, 16);
      let done = row + strideB;
      for (let at = diagonal + 8, end = diagonal + (n - i) * 8; at < end; at += 8) {
        const factor = v128.load64_splat(at);
        x0 = f64x2.sub(x0, f64x2.mul(factor, v128.load(done)));
        x1 = f64x2.sub(x1, f64x2.mul(factor, v128.load(done, 16)));
        done += strideB;
      }
      const pivot = v128.load64_splat(diagonal);
      v128.store(row, f64x2.div(x0, pivot));
      v128.store(row, f64x2.div(x1, pivot), 16);
    }
  }
}
