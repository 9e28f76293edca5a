// The multiplicative step of a weight matrix, out = W + W U, for the small sizes where calling a matrix library
// costs more than the product. Tiles of out stay in registers while they gather the whole inner sum.

import { VECTOR, lanes, read, spreadFrom, write } from "./vector";

/** Four rows by two vectors. `w`, `out`: the rows' starts; `column`: byte offset of the tile's first column. */
function wideTile<T>(
  n: usize, u: usize, column: usize,
  w0: usize, w1: usize, w2: usize, w3: usize,
  out0: usize, out1: usize, out2: usize, out3: usize,
): void {
  const stride = n * sizeof<T>();
  let c00 = v128.load(w0 + column);
  let c01 = v128.load(w0 + column, 16);
  let c10 = v128.load(w1 + column);
  let c11 = v128.load(w1 + column, 16);
  let c20 = v128.load(w2 + column);
  let c21 = v128.load(w2 + column, 16);
  let c30 = v128.load(w3 + column);
  let c31 = v128.load(w3 + column, 16);
  let row = u + column;
  for (let k: usize = 0; k < stride; k += sizeof<T>()) {
    const b0 = v128.load(row);
    const b1 = v128.load(row, 16);
    const a0 = spreadFrom<T>(w0 + k);
    c00 = v128.add<T>(c00, v128.mul<T>(a0, b0));
    c01 = v128.add<T>(c01, v128.mul<T>(a0, b1));
    const a1 = spreadFrom<T>(w1 + k);
    c10 = v128.add<T>(c10, v128.mul<T>(a1, b0));
    c11 = v128.add<T>(c11, v128.mul<T>(a1, b1));
    const a2 = spreadFrom<T>(w2 + k);
    c20 = v128.add<T>(c20, v128.mul<T>(a2, b0));
    c21 = v128.add<T>(c21, v128.mul<T>(a2, b1));
    const a3 = spreadFrom<T>(w3 + k);
    c30 = v128.add<T>(c30, v128.mul<T>(a3, b0));
    c31 = v128.add<T>(c31, v128.mul<T>(a3, b1));
    row += stride;
  }
  v128.store(out0 + column, c00);
  v128.store(out0 + column, c01, 16);
  v128.store(out1 + column, c10);
  v128.store(out1 + column, c11, 16);
  v128.store(out2 + column, c20);
  v128.store(out2 + column, c21, 16);
  v128.store(out3 + column, c30);
  v128.store(out3 + column, c31, 16);
}

/** Four rows by one vector. */
function tile<T>(
  n: usize, u: usize, column: usize,
  w0: usize, w1: usize, w2: usize, w3: usize,
  out0: usize, out1: usize, out2: usize, out3: usize,
): void {
  const stride = n * sizeof<T>();
  let c0 = v128.load(w0 + column);
  let c1 = v128.load(w1 + column);
  let c2 = v128.load(w2 + column);
  let c3 = v128.load(w3 + column);
  let row = u + column;
  for (let k: usize = 0; k < stride; k += sizeof<T>()) {
    const b = v128.load(row);
    c0 = v128.add<T>(c0, v128.mul<T>(spreadFrom<T>(w0 + k), b));
    c1 = v128.add<T>(c1, v128.mul<T>(spreadFrom<T>(w1 + k), b));
    c2 = v128.add<T>(c2, v128.mul<T>(spreadFrom<T>(w2 + k), b));
    c3 = v128.add<T>(c3, v128.mul<T>(spreadFrom<T>(w3 + k), b));
    row += stride;
  }
  v128.store(out0 + column, c0);
  v128.store(out1 + column, c1);
  v128.store(out2 + column, c2);
  v128.store(out3 + column, c3);
}

/** One element: rows narrower than a vector. */
function element<T>(n: usize, u: usize, column: usize, w: usize, out: usize): void {
  const stride = n * sizeof<T>();
  let sum = read<T>(false, w + column);
  let row = u + column;
  for (let k: usize = 0; k < stride; k += sizeof<T>()) {
    sum = v128.add<T>(sum, v128.mul<T>(read<T>(false, w + k), read<T>(false, row)));
    row += stride;
  }
  write<T>(false, out + column, sum);
}

export function rightMultiplyAdd<T>(rows: usize, n: usize, w: usize, u: usize, out: usize): void {
  const stride = n * sizeof<T>();
  if (n < lanes<T>()) {
    for (let i: usize = 0; i < rows; i++)
      for (let column: usize = 0; column < stride; column += sizeof<T>())
        element<T>(n, u, column, w + i * stride, out + i * stride);
    return;
  }
  // Where four rows or a tile's columns do not fit, the last tile starts earlier and computes some elements twice,
  // with the same result: out does not alias w.
  for (let i: usize = 0; i < rows; i += 4) {
    const w0 = w + i * stride;
    const w1 = w + min(i + 1, rows - 1) * stride;
    const w2 = w + min(i + 2, rows - 1) * stride;
    const w3 = w + min(i + 3, rows - 1) * stride;
    const move = out - w;
    let column: usize = 0;
    for (; column + 2 * VECTOR <= stride; column += 2 * VECTOR)
      wideTile<T>(n, u, column, w0, w1, w2, w3, w0 + move, w1 + move, w2 + move, w3 + move);
    for (; column < stride; column += VECTOR) {
      const fitting = min(column, stride - VECTOR);
      tile<T>(n, u, fitting, w0, w1, w2, w3, w0 + move, w1 + move, w2 + move, w3 + move);
    }
  }
}
