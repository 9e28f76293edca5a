// The rational-quadratic spline of each column (Durkan et al. 2019), its inverse and its gradients in float32: four
// neighbouring columns at a time, each lane fetching the entry of its own piece.
//
// With t = (x − x0) / w, a = d0 / s, b = d1 / s and bend = t (1 − t), everything relative to the chord's slope s:
//   y = y0 + h (t² + a bend) / (1 + (a + b − 2) bend),
//   dy/dx = s (b t² + 2 bend + a (1 − t)²) / (1 + (a + b − 2) bend)².
// At t = 0 and 1 that derivative is the end slope itself, so x beyond the knots needs no case of its own.

import {
  ENTRY, buildTable, gather, innerBytes, knotsOffset, pairHigh, pairLow, ratesOffset, recordBytes, shareFactor,
  sharesOffset, sumsOffset, totalsOffset, zipHigh, zipLow,
} from "./spline-table";
import { log4 } from "./transcendental";
import { VECTOR } from "./vector";

/** Groups of four columns taken at once: their tables stay in the nearest cache. */
const GROUPS: usize = 8;
/** Rows taken at once: as many terms are summed in float32 at most. */
const ROWS: usize = 256;
/** With more bins than this a binary search is faster than comparing with every knot. */
const COMPARED: usize = 128;
/** Bytes of one row's derivative product: four factors, four powers of 2. */
const PRODUCT: usize = 32;

const FORWARD: i32 = 0;
const INVERSE: i32 = 1;
const BACKWARD: i32 = 2;
/** Backward with the gradients of the parameters. */
const TRAINING: i32 = 3;

export function splineScratch(dim: usize, bins: usize): usize {
  return min((dim + 3) >> 2, GROUPS) * recordBytes(bins) + ROWS * PRODUCT + GROUPS * VECTOR + 64;
}

export function splineForward(
  rows: usize, dim: usize, bins: usize, x: usize, widths: usize, heights: usize, slopes: usize,
  left: usize, width: usize, bottom: usize, height: usize, y: usize, logDet: usize, scratch: usize,
): void {
  map(FORWARD, rows, dim, bins, x, widths, left, width, heights, bottom, height, slopes, y, logDet, scratch);
}

export function splineInverse(
  rows: usize, dim: usize, bins: usize, y: usize, widths: usize, heights: usize, slopes: usize,
  left: usize, width: usize, bottom: usize, height: usize, x: usize, logDet: usize, scratch: usize,
): void {
  map(INVERSE, rows, dim, bins, y, heights, bottom, height, widths, left, width, slopes, x, logDet, scratch);
}

/** Maps values on the axis `from` to the axis `to`. */
@inline
function map(
  task: i32, rows: usize, dim: usize, bins: usize, x: usize,
  fromRaw: usize, fromStart: usize, fromLength: usize, toRaw: usize, toStart: usize, toLength: usize, slopesRaw: usize,
  y: usize, logDet: usize, scratch: usize,
): void {
  if (!y && !logDet) return;
  const products = (scratch + 63) & ~63;
  const pieces = products + ROWS * PRODUCT;
  const records = pieces + GROUPS * VECTOR;
  const bytes = recordBytes(bins);
  for (let first: usize = 0; first < dim; first += 4 * GROUPS) {
    const end = min(dim, first + 4 * GROUPS);
    let record = records;
    for (let column = first; column < end; column += 4, record += bytes)
      buildTable(
        task == INVERSE, bins, column, end - column, fromRaw, fromStart, fromLength, toRaw, toStart, toLength,
        slopesRaw, record,
      );
    for (let row: usize = 0; row < rows; row += ROWS) {
      const count = min(rows - row, ROWS);
      for (let i: usize = 0; i < count; i++) {
        const move = (row + i) * dim * 4;
        // The product of the derivatives as factors between 2^−½ and 2^½ and a power of 2: one logarithm a row.
        let factors = f32x4.splat(1);
        let powers = i32x4.splat(0);
        locate(bins, first, end, records, bytes, x + move, pieces);
        let at = records;
        let piece = pieces;
        for (let column = first; column < end; column += 4, at += bytes, piece += VECTOR) {
          const from = move + column * 4;
          const slope = visit(task, bins, end - column, at, piece, x + from, y ? y + from : 0, 0, factors, 0);
          const power = i32x4.shr_s(i32x4.sub(slope, i32x4.splat(0x3f3504f3)), 23);
          powers = i32x4.add(powers, power);
          // A multiplication, unlike arithmetic on the bits, lets NaN through.
          factors = f32x4.mul(factors, f32x4.mul(slope, i32x4.shl(i32x4.sub(i32x4.splat(127), power), 23)));
        }
        v128.store(products + i * PRODUCT, factors);
        v128.store(products + i * PRODUCT, powers, 16);
      }
      if (logDet) writeLogs(count, products, first > 0, logDet + row * 4);
    }
  }
}

/** Writes, or adds, the logarithms of `count` rows' products. */
function writeLogs(count: usize, products: usize, isAdded: bool, logDet: usize): void {
  for (let i: usize = 0; i < count; i += 4, products += 4 * PRODUCT, logDet += 16) {
    const f0 = v128.load(products);
    const f1 = v128.load(products, 32);
    const f2 = v128.load(products, 64);
    const f3 = v128.load(products, 96);
    const p0 = v128.load(products, 16);
    const p1 = v128.load(products, 48);
    const p2 = v128.load(products, 80);
    const p3 = v128.load(products, 112);
    const f01 = f32x4.mul(zipLow(f0, f1), zipHigh(f0, f1));
    const f23 = f32x4.mul(zipLow(f2, f3), zipHigh(f2, f3));
    const p01 = i32x4.add(zipLow(p0, p1), zipHigh(p0, p1));
    const p23 = i32x4.add(zipLow(p2, p3), zipHigh(p2, p3));
    const factor = f32x4.mul(pairLow(f01, f23), pairHigh(f01, f23));
    const power = f32x4.convert_i32x4_s(i32x4.add(pairLow(p01, p23), pairHigh(p01, p23)));
    let log = f32x4.add(log4(factor), f32x4.mul(power, f32x4.splat(0.693147182)));
    if (isAdded) log = f32x4.add(log, readColumns(logDet, count - i));
    writeColumns(logDet, count - i, log);
  }
}

export function splineBackward(
  rows: usize, dim: usize, bins: usize, x: usize, widths: usize, heights: usize, slopes: usize,
  left: usize, width: usize, bottom: usize, height: usize, upstreamY: usize, upstreamLogDet: usize,
  dx: usize, dWidths: usize, dHeights: usize, dSlopes: usize, scratch: usize,
): void {
  if (dWidths || dHeights || dSlopes)
    goBack(
      TRAINING, rows, dim, bins, x, widths, heights, slopes, left, width, bottom, height, upstreamY, upstreamLogDet,
      dx, dWidths, dHeights, dSlopes, scratch,
    );
  else if (dx)
    goBack(
      BACKWARD, rows, dim, bins, x, widths, heights, slopes, left, width, bottom, height, upstreamY, upstreamLogDet,
      dx, 0, 0, 0, scratch,
    );
}

/** `splineBackward` for the task BACKWARD or TRAINING. */
@inline
function goBack(
  task: i32, rows: usize, dim: usize, bins: usize, x: usize, widths: usize, heights: usize, slopes: usize,
  left: usize, width: usize, bottom: usize, height: usize, upstreamY: usize, upstreamLogDet: usize,
  dx: usize, dWidths: usize, dHeights: usize, dSlopes: usize, scratch: usize,
): void {
  const spare = (scratch + 63) & ~63;
  const pieces = spare + ROWS * PRODUCT;
  const records = pieces + GROUPS * VECTOR;
  const bytes = recordBytes(bins);
  for (let first: usize = 0; first < dim; first += 4 * GROUPS) {
    const end = min(dim, first + 4 * GROUPS);
    let record = records;
    for (let column = first; column < end; column += 4, record += bytes) {
      buildTable(
        false, bins, column, end - column, widths, left, width, heights, bottom, height, slopes, record,
      );
      if (task == TRAINING) memory.fill(record + sumsOffset(bins), 0, 12 * ENTRY * bins);
    }
    for (let row: usize = 0; row < rows; row += ROWS) {
      const stop = min(rows, row + ROWS);
      for (let i = row; i < stop; i++) {
        const move = i * dim * 4;
        const gl = upstreamLogDet ? v128.load32_splat(upstreamLogDet + i * 4) : f32x4.splat(0);
        locate(bins, first, end, records, bytes, x + move, pieces);
        let at = records;
        let piece = pieces;
        for (let column = first; column < end; column += 4, at += bytes, piece += VECTOR) {
          const from = move + column * 4;
          // An unwanted dx goes to a place nobody reads: for a store behind a branch V8 would compute everything twice.
          visit(
            task, bins, end - column, at, piece, x + from, 0, upstreamY ? upstreamY + from : 0, gl,
            dx ? dx + from : spare,
          );
        }
      }
      if (task == TRAINING)
        for (let at = records; at < record; at += bytes)
          addToTotals(4 * ENTRY * bins, at + sumsOffset(bins), at + totalsOffset(bins));
    }
    if (task == TRAINING) {
      record = records;
      for (let column = first; column < end; column += 4, record += bytes)
        for (let lane: usize = 0; lane < min(end - column, 4); lane++)
          writeGradients(bins, column + lane, lane, record, width, height, dWidths, dHeights, dSlopes);
    }
  }
}

/**
 * Finds the pieces of one row's columns `first` to `end`, as offsets of their entries: 4 int32 a group at `pieces`.
 * Done for all groups before any is visited, so that the processor need not wait for one search after the other.
 */
@inline
function locate(bins: usize, first: usize, end: usize, record: usize, bytes: usize, row: usize, pieces: usize): void {
  for (let column = first; column < end; column += 4, record += bytes, pieces += VECTOR) {
    const x = readColumns(row + column * 4, end - column);
    const knots = record + knotsOffset(bins) + 32;
    const piece = bins > COMPARED ? searched(bins, knots, x) : compared(bins, knots, x);
    v128.store(pieces, i32x4.shl(piece, 5));
  }
}

/**
 * Four elements of one row, or `count` if that is less, whose pieces `locate` has found: y and the derivative
 * (returned) of the spline or its inverse; or, going back, dx and what the elements add to the sums of their pieces.
 * `task` is known where this is compiled into, so only that task's code remains.
 */
@inline
function visit(
  task: i32, bins: usize, count: usize, record: usize, piece: usize, from: usize, to: usize,
  upstreamY: usize, gl: v128, dx: usize,
): v128 {
  const x = readColumns(from, count);
  const knots = record + knotsOffset(bins);
  const lane = bins * ENTRY;
  const entry0 = record + load<i32>(piece, 0);
  const entry1 = record + lane + load<i32>(piece, 4);
  const entry2 = record + 2 * lane + load<i32>(piece, 8);
  const entry3 = record + 3 * lane + load<i32>(piece, 12);

  const front0 = v128.load(entry0);
  const front1 = v128.load(entry1);
  const front2 = v128.load(entry2);
  const front3 = v128.load(entry3);
  const frontLow01 = zipLow(front0, front1);
  const frontLow23 = zipLow(front2, front3);
  const frontHigh01 = zipHigh(front0, front1);
  const frontHigh23 = zipHigh(front2, front3);
  const x0 = pairLow(frontLow01, frontLow23);
  const perWidth = pairHigh(frontLow01, frontLow23);
  const y0 = pairLow(frontHigh01, frontHigh23);
  const h = pairHigh(frontHigh01, frontHigh23);

  const back0 = v128.load(entry0, 16);
  const back1 = v128.load(entry1, 16);
  const back2 = v128.load(entry2, 16);
  const back3 = v128.load(entry3, 16);
  const backLow01 = zipLow(back0, back1);
  const backLow23 = zipLow(back2, back3);
  const backHigh01 = zipHigh(back0, back1);
  const backHigh23 = zipHigh(back2, back3);
  const s = pairLow(backLow01, backLow23);
  const a = pairHigh(backLow01, backLow23);
  const b = pairLow(backHigh01, backHigh23);
  const bent = pairHigh(backHigh01, backHigh23);

  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  // pmin and pmax with x first let NaN through.
  const inside = f32x4.pmin(f32x4.pmax(x, v128.load(knots)), v128.load(knots, 16));
  const beyond = f32x4.sub(x, inside);
  const share = f32x4.pmin(f32x4.pmax(f32x4.mul(f32x4.sub(x, x0), perWidth), zero), one);
  const t = task == INVERSE ? root(share, a, bent) : share;
  const u = f32x4.sub(one, t);
  const t2 = f32x4.mul(t, t);
  const u2 = f32x4.mul(u, u);
  const bend = f32x4.mul(t, u);
  const denominator = f32x4.add(one, f32x4.mul(bent, bend));
  const numerator = f32x4.add(f32x4.add(f32x4.mul(b, t2), f32x4.mul(a, u2)), f32x4.add(bend, bend));

  if (task == INVERSE) {
    const slope = f32x4.div(f32x4.mul(s, f32x4.mul(denominator, denominator)), numerator);
    const y = f32x4.add(f32x4.add(y0, f32x4.mul(h, t)), f32x4.mul(beyond, slope));
    if (to) writeColumns(to, count, y);
    return slope;
  }

  const r = f32x4.div(one, denominator);
  const q = f32x4.mul(f32x4.add(t2, f32x4.mul(a, bend)), r);
  if (task == FORWARD) {
    const slope = f32x4.mul(f32x4.mul(s, numerator), f32x4.mul(r, r));
    const y = f32x4.add(f32x4.add(y0, f32x4.mul(h, q)), f32x4.mul(beyond, slope));
    if (to) writeColumns(to, count, y);
    return slope;
  }

  const gy = upstreamY ? readColumns(upstreamY, count) : zero;
  const gRise = f32x4.mul(f32x4.mul(gy, h), r);
  const gNumerator = f32x4.div(gl, numerator);
  const gLogDenominator = f32x4.mul(f32x4.add(gl, gl), r);
  // d numerator / dt = 2 ((b − 1) t − (a − 1)(1 − t)), d bend / dt = (1 − t) − t.
  const climb = f32x4.sub(f32x4.mul(f32x4.sub(b, one), t), f32x4.mul(f32x4.sub(a, one), u));
  const gtNumerator = f32x4.mul(f32x4.add(gNumerator, gNumerator), climb);
  const gtDenominator = f32x4.mul(f32x4.mul(gLogDenominator, bent), f32x4.sub(u, t));
  const gtLog = f32x4.sub(gtNumerator, gtDenominator);
  // Beyond the knots the derivative is constant, and the gradient of y alone is that of the straight line.
  const gtLogInside = v128.and(gtLog, f32x4.eq(beyond, zero));
  const gt = f32x4.add(f32x4.mul(f32x4.mul(gRise, r), numerator), gtLogInside);
  writeColumns(dx, count, f32x4.mul(gt, perWidth));
  if (task == BACKWARD) return gt;

  const gDenominator = f32x4.add(f32x4.mul(gRise, q), gLogDenominator);
  const ga = f32x4.add(f32x4.mul(f32x4.sub(gRise, gDenominator), bend), f32x4.mul(gNumerator, u2));
  const gb = f32x4.sub(f32x4.mul(gNumerator, t2), f32x4.mul(gDenominator, bend));
  const sums = sumsOffset(bins);
  addTransposed(sums, entry0, entry1, entry2, entry3, gt, f32x4.mul(gt, t), gy, f32x4.mul(gy, q));
  // Only the first and the last piece reach beyond the knots, on different sides: one number serves both.
  addTransposed(sums + 16, entry0, entry1, entry2, entry3, gl, ga, gb, f32x4.mul(gy, beyond));
  return gt;
}

/** How many inner knots each lane has passed, by comparing with all of them. */
@inline
function compared(bins: usize, knots: usize, x: v128): v128 {
  let passed = i32x4.splat(0);
  let others = i32x4.splat(0);
  // A comparison's result is −1 where it holds.
  for (const end = knots + innerBytes(bins); knots < end; knots += 64) {
    passed = i32x4.sub(passed, f32x4.ge(x, v128.load(knots)));
    others = i32x4.sub(others, f32x4.ge(x, v128.load(knots, 16)));
    passed = i32x4.sub(passed, f32x4.ge(x, v128.load(knots, 32)));
    others = i32x4.sub(others, f32x4.ge(x, v128.load(knots, 48)));
  }
  return i32x4.add(passed, others);
}

/** The same, lane by lane, in log₂(bins) comparisons each. */
function searched(bins: usize, knots: usize, x: v128): v128 {
  let passed = i32x4.splat(search(bins, knots, f32x4.extract_lane(x, 0)));
  passed = i32x4.replace_lane(passed, 1, search(bins, knots + 4, f32x4.extract_lane(x, 1)));
  passed = i32x4.replace_lane(passed, 2, search(bins, knots + 8, f32x4.extract_lane(x, 2)));
  return i32x4.replace_lane(passed, 3, search(bins, knots + 12, f32x4.extract_lane(x, 3)));
}

/** The number of knots, `VECTOR` bytes apart, that x has passed. */
@inline
function search(bins: usize, knots: usize, x: f32): i32 {
  let passed: usize = 0;
  // Invariant: the answer lies in [passed, passed + size − 1]. No branch to predict, only conditional moves.
  let size = bins;
  while (size > 1) {
    const half = size >> 1;
    passed = select(passed + half, passed, x >= load<f32>(knots + 16 * (passed + half - 1)));
    size -= half;
  }
  return <i32>passed;
}

/**
 * The t in [0, 1] at which the curve has risen by `share` of its piece: (1 − B) t² + B t = share, B = a − share
 * (a + b − 2), in the form of the two that does not cancel.
 */
@inline
function root(share: v128, a: v128, bent: v128): v128 {
  const zero = f32x4.splat(0);
  const b = f32x4.sub(a, f32x4.mul(share, bent));
  const square = f32x4.sub(f32x4.splat(1), b);
  const double = f32x4.add(share, share);
  const discriminant = f32x4.add(f32x4.mul(b, b), f32x4.mul(f32x4.add(double, double), square));
  const sum = f32x4.add(f32x4.abs(b), f32x4.sqrt(f32x4.pmax(discriminant, zero)));
  const isFalling = f32x4.lt(b, zero);
  return f32x4.div(
    v128.bitselect(sum, double, isFalling),
    v128.bitselect(f32x4.add(square, square), sum, isFalling),
  );
}

/** Adds lane i of four vectors to the four numbers at entry i + move. */
@inline
function addTransposed(
  move: usize, entry0: usize, entry1: usize, entry2: usize, entry3: usize, a: v128, b: v128, c: v128, d: v128,
): void {
  const low0 = zipLow(a, b);
  const low1 = zipLow(c, d);
  const high0 = zipHigh(a, b);
  const high1 = zipHigh(c, d);
  addAt(entry0 + move, pairLow(low0, low1));
  addAt(entry1 + move, pairHigh(low0, low1));
  addAt(entry2 + move, pairLow(high0, high1));
  addAt(entry3 + move, pairHigh(high0, high1));
}

@inline
function addAt(at: usize, x: v128): void {
  v128.store(at, f32x4.add(v128.load(at), x));
}

/** Moves a block's float32 sums into the float64 totals and leaves zeros. */
function addToTotals(bytes: usize, sums: usize, totals: usize): void {
  for (const end = sums + bytes; sums < end; sums += 16, totals += 32) {
    const sum = v128.load(sums);
    v128.store(totals, f64x2.add(v128.load(totals), f64x2.promote_low_f32x4(sum)));
    const upper = f64x2.promote_low_f32x4(pairHigh(sum, sum));
    v128.store(totals, f64x2.add(v128.load(totals, 16), upper), 16);
    v128.store(sums, f32x4.splat(0));
  }
}

/** From one column's totals back through s = h / w, a = d0 / s, b = d1 / s, cumulative sums, softmax and softplus. */
function writeGradients(
  bins: usize, column: usize, lane: usize, record: usize, width: usize, height: usize,
  dWidths: usize, dHeights: usize, dSlopes: usize,
): void {
  const entries = record + lane * bins * ENTRY;
  const totals = record + totalsOffset(bins) + 2 * lane * bins * ENTRY;
  const widthShares = record + sharesOffset(bins) + lane * 4;
  const heightShares = widthShares + 16 * bins;
  // Every piece carries all later knots along: the gradients of their x0 and y0, summed from the last on.
  let later: f64 = 0;
  let higher: f64 = 0;
  let widthMean: f64 = 0;
  let heightMean: f64 = 0;
  for (let k = bins; k-- > 0; ) {
    const entry = entries + k * ENTRY;
    const total = totals + 2 * k * ENTRY;
    const gt = load<f64>(total);
    const perWidth = <f64>load<f32>(entry, 4);
    const gLogS =
      load<f64>(total, 32) - load<f64>(total, 40) * load<f32>(entry, 20) - load<f64>(total, 48) * load<f32>(entry, 24);
    const gWidth = later - (load<f64>(total, 8) + gLogS) * perWidth;
    const gHeight = higher + load<f64>(total, 24) + gLogS / load<f32>(entry, 12);
    later -= gt * perWidth;
    higher += load<f64>(total, 16);
    widthMean += gWidth * load<f32>(widthShares + 16 * k);
    heightMean += gHeight * load<f32>(heightShares + 16 * k);
    store<f64>(total, gWidth);
    store<f64>(total, gHeight, 8);
  }
  const factor = shareFactor(bins);
  const perWidthShare = factor * load<f32>(width + column * 4);
  const perHeightShare = factor * load<f32>(height + column * 4);
  for (let k: usize = 0; k < bins; k++) {
    const total = totals + 2 * k * ENTRY;
    const at = (column * bins + k) * 4;
    const gWidth = perWidthShare * load<f32>(widthShares + 16 * k) * (load<f64>(total) - widthMean);
    const gHeight = perHeightShare * load<f32>(heightShares + 16 * k) * (load<f64>(total, 8) - heightMean);
    if (dWidths) store<f32>(dWidths + at, <f32>gWidth);
    if (dHeights) store<f32>(dHeights + at, <f32>gHeight);
  }
  if (!dSlopes) return;
  const rates = record + ratesOffset(bins) + lane * 4;
  for (let k: usize = 0; k <= bins; k++) {
    const total = totals + 2 * k * ENTRY;
    const entry = entries + k * ENTRY;
    let gSlope: f64 = 0;
    if (k < bins) gSlope = load<f64>(total, 40) / load<f32>(entry, 16);
    if (k > 0) gSlope += load<f64>(total - 2 * ENTRY, 48) / load<f32>(entry - ENTRY, 16);
    if (k == 0) gSlope += load<f64>(total, 56);
    if (k == bins) gSlope += load<f64>(total - 2 * ENTRY, 56);
    store<f32>(dSlopes + (column * (bins + 1) + k) * 4, <f32>(gSlope * load<f32>(rates + 16 * k)));
  }
}

/** Up to four neighbouring numbers, zeros behind them. */
@inline
function readColumns(at: usize, count: usize): v128 {
  return count > 3 ? v128.load(at) : gather(at, 4, count);
}

/** Writes the first `count` of four numbers. */
@inline
function writeColumns(at: usize, count: usize, x: v128): void {
  if (count > 3) {
    v128.store(at, x);
    return;
  }
  v128.store32_lane(at, x, 0);
  if (count > 1) v128.store32_lane(at, x, 1, 4);
  if (count > 2) v128.store32_lane(at, x, 2, 8);
}
