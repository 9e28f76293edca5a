// float32 elements put elsewhere: strided copies (transposes, broadcasts, slices, joins), padding, rows by index,
// the identity.

import { addRows, copyRow, fillRow } from "./generic-rows";

/** The transpose of four rows of four. */
@inline
function transposeTile(x: usize, xStep: usize, out: usize, outStep: usize): void {
  const r0 = v128.load(x);
  const r1 = v128.load(x + xStep);
  const r2 = v128.load(x + 2 * xStep);
  const r3 = v128.load(x + 3 * xStep);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(out + outStep, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(out + 2 * outStep, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(out + 3 * outStep, v128.shuffle<i64>(high01, high23, 1, 3));
}

function copyElements(rows: usize, columns: usize, x: usize, xRow: usize, xStep: usize, out: usize, outRow: usize, outStep: usize): void {
  for (let i: usize = 0; i < rows; i++)
    for (let j: usize = 0; j < columns; j++)
      store<f32>(out + i * outRow + j * outStep, load<f32>(x + i * xRow + j * xStep));
}

/** out [rows, columns] ← xᵀ, for x with contiguous rows of its own, `xStep` bytes apart. */
function transposeMatrix(rows: usize, columns: usize, x: usize, xStep: usize, out: usize, outRow: usize): void {
  const tiledRows = rows & ~3;
  const tiledColumns = columns & ~3;
  for (let j: usize = 0; j < tiledColumns; j += 4)
    for (let i: usize = 0; i < tiledRows; i += 4)
      transposeTile(x + i * 4 + j * xStep, xStep, out + i * outRow + j * 4, outRow);
  copyElements(tiledRows, columns - tiledColumns, x + tiledColumns * xStep, 4, xStep, out + tiledColumns * 4, outRow, 4);
  copyElements(rows - tiledRows, columns, x + tiledRows * 4, 4, xStep, out + tiledRows * outRow, outRow, 4);
}

export function copyStrided(n0: usize, n1: usize, n2: usize, n3: usize, x: usize, x0: usize, x1: usize, x2: usize, x3: usize, out: usize, o0: usize, o1: usize, o2: usize, o3: usize): void {
  for (let i: usize = 0; i < n0; i++)
    for (let j: usize = 0; j < n1; j++) {
      let from = x + i * x0 + j * x1;
      let to = out + i * o0 + j * o1;
      if (o3 == 4 && (x3 == 4 || x3 == 0)) {
        for (let k: usize = 0; k < n2; k++, from += x2, to += o2)
          if (x3 == 4) copyRow(n3, from, to);
          else fillRow(n3, to, load<f32>(from));
      } else if (o3 == 4 && x2 == 4) transposeMatrix(n2, n3, from, x3, to, o2);
      else copyElements(n2, n3, from, x2, x3, to, o2, o3);
    }
}

/** Each row of x [rows, width] between zeros: out [rows, before + width + after]. */
export function padRows(rows: usize, width: usize, before: usize, after: usize, x: usize, out: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    fillRow(before, out, 0);
    out += before * 4;
    copyRow(width, x, out);
    x += width * 4;
    out += width * 4;
    fillRow(after, out, 0);
    out += after * 4;
  }
}

/** The row that an index names, counted from the end where it is negative; `rows` if there is none such. */
@inline
function rowOf(index: f32, rows: usize): usize {
  const from = index < 0 ? index + <f32>rows : index;
  return from >= 0 && from < <f32>rows ? <usize>from : rows;
}

export function gatherRows(count: usize, width: usize, rows: usize, table: usize, indices: usize, out: usize): bool {
  for (const end = indices + count * 4; indices < end; indices += 4, out += width * 4) {
    const row = rowOf(load<f32>(indices), rows);
    if (row == rows) return false;
    copyRow(width, table + row * width * 4, out);
  }
  return true;
}

export function scatterAddRows(count: usize, width: usize, rows: usize, indices: usize, values: usize, out: usize): bool {
  memory.fill(out, 0, rows * width * 4);
  for (const end = indices + count * 4; indices < end; indices += 4) {
    const row = rowOf(load<f32>(indices), rows);
    if (row == rows) return false;
    for (let to = out + row * width * 4, rowEnd = to + width * 4; to < rowEnd; to += 4, values += 4)
      store<f32>(to, load<f32>(to) + load<f32>(values));
  }
  return true;
}

/** Running sums of a contiguous row, four at a time; the sum so far is carried in float64. */
@inline
function runRow(count: usize, x: usize, out: usize, exclusive: bool): void {
  const zero = f32x4.splat(0);
  let carry: f64 = 0;
  const end = x + count * 4;
  for (; x + 16 <= end; x += 16, out += 16) {
    let sums = v128.load(x);
    sums = f32x4.add(sums, v128.shuffle<i32>(zero, sums, 0, 4, 5, 6));
    sums = f32x4.add(sums, v128.shuffle<i32>(zero, sums, 0, 1, 4, 5));
    const before = f32x4.splat(<f32>carry);
    v128.store(out, f32x4.add(before, exclusive ? v128.shuffle<i32>(zero, sums, 0, 4, 5, 6) : sums));
    carry += <f64>f32x4.extract_lane(sums, 3);
  }
  for (; x < end; x += 4, out += 4) {
    const next = carry + <f64>load<f32>(x);
    store<f32>(out, <f32>(exclusive ? carry : next));
    carry = next;
  }
}

/** The same from the end. */
@inline
function runRowBack(count: usize, x: usize, out: usize, exclusive: bool): void {
  const zero = f32x4.splat(0);
  let carry: f64 = 0;
  let at = count * 4;
  while (at >= 16) {
    at -= 16;
    let sums = v128.load(x + at);
    sums = f32x4.add(sums, v128.shuffle<i32>(sums, zero, 1, 2, 3, 4));
    sums = f32x4.add(sums, v128.shuffle<i32>(sums, zero, 2, 3, 4, 5));
    const after = f32x4.splat(<f32>carry);
    v128.store(out + at, f32x4.add(after, exclusive ? v128.shuffle<i32>(sums, zero, 1, 2, 3, 4) : sums));
    carry += <f64>f32x4.extract_lane(sums, 0);
  }
  while (at > 0) {
    at -= 4;
    const next = carry + <f64>load<f32>(x + at);
    store<f32>(out + at, <f32>(exclusive ? carry : next));
    carry = next;
  }
}

/** Running sums along the middle axis of [outer, n, inner]. */
export function cumulativeSumAlong(outer: usize, n: usize, inner: usize, x: usize, out: usize, exclusive: bool, reverse: bool): void {
  const row = inner * 4;
  for (let i: usize = 0; i < outer; i++, x += n * row, out += n * row) {
    if (inner == 1) {
      if (reverse) runRowBack(n, x, out, exclusive);
      else runRow(n, x, out, exclusive);
      continue;
    }
    // Going back, a step is minus a row, modulo the address space.
    const step = reverse ? <usize>0 - row : row;
    const start = reverse ? (n - 1) * row : 0;
    let to = out + start;
    let from = x + start;
    if (exclusive) fillRow(inner, to, 0);
    else {
      copyRow(inner, from, to);
      from += step;
    }
    for (let j: usize = 1; j < n; j++, from += step, to += step) addRows(inner, to, from, to + step);
  }
}

export function identityMatrix(n: usize, out: usize): void {
  memory.fill(out, 0, n * n * 4);
  for (let i: usize = 0; i < n; i++) store<f32>(out + i * (n + 1) * 4, 1);
}
