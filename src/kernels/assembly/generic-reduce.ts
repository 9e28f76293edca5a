// Reductions of float32 along one axis of [outer, n, inner]: sum, largest, log-sum-exp and the logarithm of the
// softmax. One pair of loops, for rows (inner = 1) and for columns, and one class a reduction.

import { exp4, log4 } from "./transcendental";
import { VECTOR, read, write } from "./vector";

/** The most elements that are summed in float32; sums of such blocks are added in float64. */
const BLOCK: usize = 256;

@unmanaged
class Sum {
  neutral(): v128 {
    return f32x4.splat(0);
  }
  term(x: v128, _shift: v128): v128 {
    return x;
  }
  join(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  joinWide(a: v128, b: v128): v128 {
    return f64x2.add(a, b);
  }
}

/** Σ exp(x − shift). */
@unmanaged
class SumOfExp {
  neutral(): v128 {
    return f32x4.splat(0);
  }
  term(x: v128, shift: v128): v128 {
    return exp4(f32x4.sub(x, shift));
  }
  join(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  joinWide(a: v128, b: v128): v128 {
    return f64x2.add(a, b);
  }
}

@unmanaged
class Largest {
  neutral(): v128 {
    return f32x4.splat(f32.NEGATIVE_INFINITY);
  }
  term(x: v128, _shift: v128): v128 {
    return x;
  }
  join(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
  joinWide(a: v128, b: v128): v128 {
    return f64x2.max(a, b);
  }
}

// ---- rows ---------------------------------------------------------------------------------------------------

/** One number from up to BLOCK contiguous elements. */
@inline
function rowBlock<F>(count: usize, x: usize, shift: v128): f32 {
  const f = changetype<F>(<usize>0);
  let total = inline.always(f.neutral());
  const end = x + count * 4;
  if (count < 4) {
    // Only the first lane is ever filled; the terms of the others' zeros must not count.
    for (; x < end; x += 4)
      total = inline.always(f.join(total, inline.always(f.term(read<f32>(false, x), shift))));
    return f32x4.extract_lane(total, 0);
  }
  if (count >= 16) {
    let total1 = total;
    let total2 = total;
    let total3 = total;
    for (const unrolled = x + ((count * 4) & ~(4 * VECTOR - 1)); x < unrolled; x += 4 * VECTOR) {
      total = inline.always(f.join(total, inline.always(f.term(v128.load(x), shift))));
      total1 = inline.always(f.join(total1, inline.always(f.term(v128.load(x, 16), shift))));
      total2 = inline.always(f.join(total2, inline.always(f.term(v128.load(x, 32), shift))));
      total3 = inline.always(f.join(total3, inline.always(f.term(v128.load(x, 48), shift))));
    }
    total1 = inline.always(f.join(total1, total2));
    total = inline.always(f.join(inline.always(f.join(total, total3)), total1));
  }
  for (; x + VECTOR <= end; x += VECTOR)
    total = inline.always(f.join(total, inline.always(f.term(v128.load(x), shift))));
  if (x < end) {
    // The last vector once more, without the lanes that were counted.
    const fresh = i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(4 - <i32>((end - x) >> 2)));
    const terms = inline.always(f.term(v128.load(end - VECTOR), shift));
    total = inline.always(f.join(total, v128.bitselect(terms, inline.always(f.neutral()), fresh)));
  }
  total = inline.always(f.join(total, v128.shuffle<i32>(total, total, 2, 3, 0, 1)));
  return f32x4.extract_lane(inline.always(f.join(total, v128.shuffle<i32>(total, total, 1, 0, 3, 2))), 0);
}

/** One number from a row. */
@inline
function foldRow<F>(count: usize, x: usize, shift: v128): f32 {
  const f = changetype<F>(<usize>0);
  let total = f64x2.promote_low_f32x4(inline.always(f.neutral()));
  for (let first: usize = 0; first < count; first += BLOCK) {
    const block = rowBlock<F>(min(count - first, BLOCK), x + first * 4, shift);
    if (count <= BLOCK) return block;
    total = inline.always(f.joinWide(total, f64x2.splat(<f64>block)));
  }
  return <f32>f64x2.extract_lane(total, 0);
}

// ---- columns ------------------------------------------------------------------------------------------------

/** Four columns (or one: `whole` false) of up to BLOCK rows. */
@inline
function columnBlock<F>(whole: bool, count: usize, stride: usize, x: usize, shift: v128): v128 {
  const f = changetype<F>(<usize>0);
  let total = inline.always(f.neutral());
  let total1 = total;
  const end = x + count * stride;
  for (const pairs = x + (count >> 1) * 2 * stride; x < pairs; x += 2 * stride) {
    total = inline.always(f.join(total, inline.always(f.term(read<f32>(whole, x), shift))));
    total1 = inline.always(f.join(total1, inline.always(f.term(read<f32>(whole, x + stride), shift))));
  }
  if (x < end) total = inline.always(f.join(total, inline.always(f.term(read<f32>(whole, x), shift))));
  return inline.always(f.join(total, total1));
}

@inline
function foldColumns<F>(whole: bool, count: usize, stride: usize, x: usize, shift: v128): v128 {
  const f = changetype<F>(<usize>0);
  let low = f64x2.promote_low_f32x4(inline.always(f.neutral()));
  let high = low;
  for (let first: usize = 0; first < count; first += BLOCK) {
    const block = columnBlock<F>(whole, min(count - first, BLOCK), stride, x + first * stride, shift);
    if (count <= BLOCK) return block;
    low = inline.always(f.joinWide(low, f64x2.promote_low_f32x4(block)));
    high = inline.always(f.joinWide(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(block, block, 1, 1))));
  }
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** out [outer, inner] from x [outer, n, inner], with shifts [outer, inner] for the terms. */
@inline
function fold<F>(outer: usize, n: usize, inner: usize, x: usize, shifts: usize, out: usize): void {
  if (inner == 1) {
    for (let i: usize = 0; i < outer; i++)
      store<f32>(out + i * 4, foldRow<F>(n, x + i * n * 4, v128.load32_splat(shifts + i * 4)));
    return;
  }
  const stride = inner * 4;
  for (let i: usize = 0; i < outer; i++, x += n * stride, shifts += stride, out += stride) {
    if (inner < 4) {
      for (let at: usize = 0; at < stride; at += 4)
        write<f32>(false, out + at, foldColumns<F>(false, n, stride, x + at, read<f32>(false, shifts + at)));
    } else {
      const last = stride - VECTOR;
      for (let at: usize = 0; ; at = min(at + VECTOR, last)) {
        v128.store(out + at, foldColumns<F>(true, n, stride, x + at, v128.load(shifts + at)));
        if (at == last) break;
      }
    }
  }
}

export function sumAlong(outer: usize, n: usize, inner: usize, x: usize, out: usize): void {
  // There are no shifts; x stands in for an address that may be read.
  fold<Sum>(outer, n, inner, x, x, out);
}

export function maxAlong(outer: usize, n: usize, inner: usize, x: usize, out: usize): void {
  fold<Largest>(outer, n, inner, x, x, out);
}

// ---- log-sum-exp --------------------------------------------------------------------------------------------

/** Bytes of an array in the scratch space, where loops may run over whole vectors. */
@inline
function padded(count: usize): usize {
  return (count * 4 + VECTOR - 1) & ~(VECTOR - 1);
}

/** The largest elements, or 0 where they are infinite, and Σ exp(x − largest): both [outer, inner], in scratch. */
function largestAndSum(outer: usize, n: usize, inner: usize, x: usize, largest: usize, sums: usize): void {
  fold<Largest>(outer, n, inner, x, x, largest);
  const infinite = f32x4.splat(f32.POSITIVE_INFINITY);
  for (let at = largest, end = at + padded(outer * inner); at < end; at += VECTOR) {
    const value = v128.load(at);
    v128.store(at, v128.andnot(value, f32x4.eq(f32x4.abs(value), infinite)));
  }
  fold<SumOfExp>(outer, n, inner, x, largest, sums);
}

export function logSumExpAlong(outer: usize, n: usize, inner: usize, x: usize, out: usize, scratch: usize): void {
  const count = outer * inner;
  const sums = scratch + padded(count);
  largestAndSum(outer, n, inner, x, scratch, sums);
  let at: usize = 0;
  for (; at + VECTOR <= count * 4; at += VECTOR)
    v128.store(out + at, f32x4.add(log4(v128.load(sums + at)), v128.load(scratch + at)));
  for (; at < count * 4; at += 4)
    write<f32>(false, out + at, f32x4.add(log4(read<f32>(false, sums + at)), read<f32>(false, scratch + at)));
}

/** out ← (x − largest) − logs for one row, each of the two a vector of its own or one element for the whole row. */
@inline
function normalizeRow(spread: bool, count: usize, x: usize, largest: usize, logs: usize, out: usize): void {
  if (count < 4) {
    for (let at: usize = 0; at < count * 4; at += 4) {
      const place: usize = spread ? 0 : at;
      store<f32>(out + at, load<f32>(x + at) - load<f32>(largest + place) - load<f32>(logs + place));
    }
    return;
  }
  const last = count * 4 - VECTOR;
  for (let at: usize = 0; ; at = min(at + VECTOR, last)) {
    const shift = spread ? v128.load32_splat(largest) : v128.load(largest + at);
    const log = spread ? v128.load32_splat(logs) : v128.load(logs + at);
    v128.store(out + at, f32x4.sub(f32x4.sub(v128.load(x + at), shift), log));
    if (at == last) return;
  }
}

export function logSoftmaxAlong(outer: usize, n: usize, inner: usize, x: usize, out: usize, scratch: usize): void {
  const count = outer * inner;
  const sums = scratch + padded(count);
  largestAndSum(outer, n, inner, x, scratch, sums);
  for (let at = sums, end = at + padded(count); at < end; at += VECTOR) v128.store(at, log4(v128.load(at)));
  const row = inner == 1 ? n * 4 : inner * 4;
  for (let i: usize = 0; i < outer; i++)
    if (inner == 1) {
      normalizeRow(true, n, x, scratch + i * 4, sums + i * 4, out);
      x += row;
      out += row;
    } else
      for (let j: usize = 0; j < n; j++, x += row, out += row)
        normalizeRow(false, inner, x, scratch + i * row, sums + i * row, out);
}
