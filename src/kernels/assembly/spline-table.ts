// What a rational-quadratic spline's parameters say, laid out for the loops in spline.ts: the knots of four
// neighbouring columns side by side for the search, and one entry of eight numbers for each column's pieces.

import { exp4, log4 } from "./transcendental";

/** No piece is narrower or flatter than this share of the whole, and no slope smaller. */
const SMALLEST: f64 = 1e-3;

/** Bytes of one entry: x0, 1 / w, y0, h, then s = h / w, a = d0 / s, b = d1 / s and a + b − 2. */
export const ENTRY: usize = 32;

// A group of four columns ("lanes") is one record: entries [4, bins, 8]; the first and the last knot [4] each; the
// bins − 1 knots between them [bins − 1, 4], NaN up to a multiple of four; the softmax of both axes [bins, 4] each;
// slopes and their derivatives [bins + 1, 4] each; and for gradients, like the entries, sums in float32 and totals in
// float64.

@inline
export function knotsOffset(bins: usize): usize {
  return 4 * ENTRY * bins;
}

/** Bytes of the inner knots with their padding. */
@inline
export function innerBytes(bins: usize): usize {
  return 16 * ((bins + 2) & ~3);
}

@inline
export function sharesOffset(bins: usize): usize {
  return knotsOffset(bins) + 32 + innerBytes(bins);
}

function slopesOffset(bins: usize): usize {
  return sharesOffset(bins) + 32 * bins;
}

@inline
export function ratesOffset(bins: usize): usize {
  return slopesOffset(bins) + 16 * (bins + 1);
}

@inline
export function sumsOffset(bins: usize): usize {
  return (ratesOffset(bins) + 16 * (bins + 1) + 63) & ~63;
}

@inline
export function totalsOffset(bins: usize): usize {
  return sumsOffset(bins) + 4 * ENTRY * bins;
}

/** Bytes of a record, a multiple of a cache line: an entry then never lies across two. */
export function recordBytes(bins: usize): usize {
  return totalsOffset(bins) + 8 * ENTRY * bins;
}

/** What the softmax's share is multiplied by, so that with the smallest share added all sum to 1. */
export function shareFactor(bins: usize): f64 {
  return 1 - <f64>bins * SMALLEST;
}

/** The first `count` of four numbers `stride` bytes apart, zeros behind them. */
@inline
export function gather(at: usize, stride: usize, count: usize): v128 {
  let lanes = v128.load32_zero(at);
  if (count > 1) lanes = v128.load32_lane(at + stride, lanes, 1);
  if (count > 2) lanes = v128.load32_lane(at + 2 * stride, lanes, 2);
  if (count > 3) lanes = v128.load32_lane(at + 3 * stride, lanes, 3);
  return lanes;
}

// A 4 × 4 transposition is two rounds of these.

@inline
export function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

@inline
export function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

@inline
export function pairLow(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

@inline
export function pairHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

/** Writes the softmax over bins of four columns of raw [dim, bins] to shares [bins, 4]. */
function softmax(bins: usize, count: usize, raw: usize, shares: usize): void {
  const end = shares + 16 * bins;
  let largest = f32x4.splat(f32.NEGATIVE_INFINITY);
  for (let at = shares; at < end; at += 16, raw += 4) {
    const value = gather(raw, bins * 4, count);
    largest = f32x4.max(largest, value);
    v128.store(at, value);
  }
  let sum = f32x4.splat(0);
  for (let at = shares; at < end; at += 16) {
    const value = exp4(f32x4.sub(v128.load(at), largest));
    sum = f32x4.add(sum, value);
    v128.store(at, value);
  }
  for (let at = shares; at < end; at += 16) v128.store(at, f32x4.div(v128.load(at), sum));
}

/** Writes softplus(raw) + the smallest slope and softplus'(raw) of four columns; lanes without a column get slope 1. */
function softplus(bins: usize, count: usize, raw: usize, present: v128, slopes: usize, rates: usize): void {
  const one = f32x4.splat(1);
  for (let k: usize = 0; k <= bins; k++, raw += 4, slopes += 16, rates += 16) {
    const value = gather(raw, (bins + 1) * 4, count);
    const small = exp4(f32x4.neg(f32x4.abs(value)));
    const whole = f32x4.add(one, small);
    // What rounding 1 + small lost comes back as the logarithm's first-order change.
    const lost = f32x4.sub(small, f32x4.sub(whole, one));
    const bent = f32x4.add(log4(whole), f32x4.div(lost, whole));
    const slope = f32x4.add(f32x4.add(f32x4.max(value, f32x4.splat(0)), bent), f32x4.splat(<f32>SMALLEST));
    v128.store(slopes, v128.bitselect(slope, one, present));
    const above = v128.bitselect(small, one, f32x4.lt(value, f32x4.splat(0)));
    v128.store(rates, f32x4.div(above, whole));
  }
}

/**
 * Fills the record of the `count` columns from `column` on for the curve that maps the axis `from` to the axis `to`:
 * of the spline itself, or with the axes exchanged and `inverse` set, the search and scale of its inverse. The entry's
 * a, b are those of the spline in both cases. Lanes without a column get a piece with y = x at 0.
 */
export function buildTable(
  inverse: bool, bins: usize, column: usize, count: usize,
  fromRaw: usize, fromStart: usize, fromLength: usize, toRaw: usize, toStart: usize, toLength: usize, slopesRaw: usize,
  record: usize,
): void {
  const fromShares = record + sharesOffset(bins);
  const toShares = fromShares + 16 * bins;
  const slopes = record + slopesOffset(bins);
  const one = f32x4.splat(1);
  const present = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count));
  softmax(bins, count, fromRaw + column * bins * 4, fromShares);
  softmax(bins, count, toRaw + column * bins * 4, toShares);
  softplus(bins, count, slopesRaw + column * (bins + 1) * 4, present, slopes, record + ratesOffset(bins));

  const factor = f32x4.splat(<f32>shareFactor(bins));
  const smallest = f32x4.splat(<f32>SMALLEST);
  const fromWhole = v128.bitselect(gather(fromLength + column * 4, 4, count), one, present);
  const toWhole = v128.bitselect(gather(toLength + column * 4, 4, count), one, present);
  let x0 = gather(fromStart + column * 4, 4, count);
  let y0 = gather(toStart + column * 4, 4, count);
  // What each addition to x0 and y0 rounded off, given back to the next (Kahan): many bins do not drift.
  let x0Excess = f32x4.splat(0);
  let y0Excess = f32x4.splat(0);
  const knots = record + knotsOffset(bins);
  v128.store(knots, x0);
  v128.store(knots, f32x4.add(x0, fromWhole), 16);
  // No comparison with NaN holds: the padding is passed by nothing.
  memory.fill(knots + 32, 0xff, innerBytes(bins));
  for (let k: usize = 0; k < bins; k++) {
    const at: usize = 16 * k;
    if (k > 0) v128.store(knots + at, x0, 16);
    const w = f32x4.mul(f32x4.add(f32x4.mul(v128.load(fromShares + at), factor), smallest), fromWhole);
    const h = f32x4.mul(f32x4.add(f32x4.mul(v128.load(toShares + at), factor), smallest), toWhole);
    const s = f32x4.div(h, w);
    const chord = inverse ? f32x4.div(w, h) : s;
    const a = f32x4.div(v128.load(slopes + at), chord);
    const b = f32x4.div(v128.load(slopes + at, 16), chord);
    const bent = f32x4.sub(f32x4.add(a, b), f32x4.splat(2));
    const entry = record + k * ENTRY;
    storeTransposed(entry, bins * ENTRY, x0, f32x4.div(one, w), y0, h);
    storeTransposed(entry + 16, bins * ENTRY, s, a, b, bent);

    const xStep = f32x4.sub(w, x0Excess);
    const x1 = f32x4.add(x0, xStep);
    x0Excess = f32x4.sub(f32x4.sub(x1, x0), xStep);
    x0 = x1;
    const yStep = f32x4.sub(h, y0Excess);
    const y1 = f32x4.add(y0, yStep);
    y0Excess = f32x4.sub(f32x4.sub(y1, y0), yStep);
    y0 = y1;
  }
}

/** Writes four vectors as the columns of a 4 × 4 block whose rows are `stride` bytes apart. */
function storeTransposed(at: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const low0 = zipLow(a, b);
  const low1 = zipLow(c, d);
  const high0 = zipHigh(a, b);
  const high1 = zipHigh(c, d);
  v128.store(at, pairLow(low0, low1));
  v128.store(at + stride, pairHigh(low0, low1));
  v128.store(at + 2 * stride, pairLow(high0, high1));
  v128.store(at + 3 * stride, pairHigh(high0, high1));
}
