// Mixtures of Gaussians, one a column, in float32: log p(z) = Σ_d log Σ_k exp(height_dk − ((z_d − μ_dk) narrow_dk)²),
// narrow = 1 / (σ √2), height = log π − log σ − ½ log 2π. The lanes of a vector are four neighbouring columns.

import { exp4, log4 } from "./transcendental";
import { VECTOR } from "./vector";

const SIZE: usize = sizeof<f32>();
const HALF_LOG_TWO_PI: f32 = 0.9189385332046727;
const SQRT_HALF: f32 = 0.7071067811865476;

/** Rows that are taken together, column by column: their float32 sums are added up in float64. */
const BLOCK: usize = 64;
/** Bytes from one array of a block's vectors to the next: not a divisor of 4 KiB, where stores would meet loads. */
const ARRAY: usize = (BLOCK + 4) * VECTOR;
/** A block's arrays: four columns of z, the components' largest exponent, the sum of their exponentials, … */
const Z: usize = 0;
const LARGEST: usize = ARRAY;
const SUM: usize = 2 * ARRAY;
/** … forward the log-density so far and the factors whose logarithm it lacks, backward the gradient of z, … */
const TOTAL: usize = 3 * ARRAY;
const PRODUCT: usize = 4 * ARRAY;
const PULL: usize = 3 * ARRAY;
/** … and one array a component: the exponents, then their exponentials. */
const EXPONENT: usize = 5 * ARRAY;

/** Sums of up to 2¹⁵ exponentials of at most 1 whose product is still a float32: so many share one logarithm. */
const SHARED: usize = 8;

/** The table has an entry a component, group of columns by group: vectors mean, narrow, height and weight. */
const ENTRY: usize = 4 * VECTOR;
/** Of a component, Σ g r, Σ g r e and Σ g r e² over rows in float64, e = (z − μ) narrow. */
const TOTALS: usize = 6 * VECTOR;

function groupsOf(dim: usize): usize {
  return (dim + 3) >> 2;
}

export function mixtureScratch(dim: usize, components: usize): usize {
  return groupsOf(dim) * components * (ENTRY + TOTALS) + EXPONENT + components * ARRAY;
}

/** One element from each of `count` columns, `stride` bytes apart, zeros behind them. */
function gather(count: usize, at: usize, stride: usize): v128 {
  let x = v128.load32_zero(at);
  if (count > 1) x = v128.load32_lane(at + stride, x, 1);
  if (count > 2) x = v128.load32_lane(at + 2 * stride, x, 2);
  if (count > 3) x = v128.load32_lane(at + 3 * stride, x, 3);
  return x;
}

/** The first `count` elements at `at`, zeros behind them. */
@inline
function readFirst(count: usize, at: usize): v128 {
  return count >= 4 ? v128.load(at) : gather(count, at, SIZE);
}

function writeFirst(count: usize, at: usize, x: v128): void {
  v128.store32_lane(at, x, 0);
  if (count > 1) v128.store32_lane(at, x, 1, SIZE);
  if (count > 2) v128.store32_lane(at, x, 2, 2 * SIZE);
}

/** Fills the table. */
function prepare(dim: usize, components: usize, logits: usize, mean: usize, logScale: usize, table: usize): void {
  const stride = components * SIZE;
  for (let column: usize = 0; column < dim; column += 4) {
    const count = dim - column;
    const group = column * stride;
    let largest = gather(count, logits + group, stride);
    for (let k = SIZE; k < stride; k += SIZE)
      largest = f32x4.pmax(largest, gather(count, logits + group + k, stride));
    let sum = f32x4.splat(0);
    for (let k: usize = 0; k < stride; k += SIZE)
      sum = f32x4.add(sum, exp4(f32x4.sub(gather(count, logits + group + k, stride), largest)));
    const normalizer = f32x4.add(largest, log4(sum));
    const isColumn = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count));
    for (let k: usize = 0; k < stride; k += SIZE, table += ENTRY) {
      const logWeight = f32x4.sub(gather(count, logits + group + k, stride), normalizer);
      const scale = gather(count, logScale + group + k, stride);
      const height = f32x4.sub(f32x4.sub(logWeight, scale), f32x4.splat(HALF_LOG_TWO_PI));
      // Behind the last column, at z = 0, the first component is all there is and its density is 1.
      const absent = f32x4.splat(k == 0 ? 0 : -1e30);
      v128.store(table, gather(count, mean + group + k, stride));
      v128.store(table, f32x4.mul(exp4(f32x4.neg(scale)), f32x4.splat(SQRT_HALF)), 16);
      v128.store(table, v128.bitselect(height, absent, isColumn), 32);
      v128.store(table, exp4(logWeight), 48);
    }
  }
}

// The loops below end with their condition: V8 moves constants out of such loops only.

/** From four columns of a block's rows to the components' exponentials, their sum and the largest exponent. */
@inline
function exponentials(
  rows: usize, components: usize, count: usize, z: usize, stride: usize, entry: usize, work: usize,
): void {
  const end = work + rows * VECTOR;
  let at = work;
  do {
    v128.store(at, readFirst(count, z), Z);
    // Starts at a finite number, so that −∞ in all components leaves a sum of zeros and not NaN.
    v128.store(at, f32x4.splat(-f32.MAX_VALUE), LARGEST);
    v128.store(at, f32x4.splat(0), SUM);
    z += stride;
    at += VECTOR;
  } while (at != end);

  let own = EXPONENT;
  const ownEnd = EXPONENT + components * ARRAY;
  do {
    const mean = v128.load(entry);
    const narrow = v128.load(entry, 16);
    const height = v128.load(entry, 32);
    at = work;
    do {
      const distance = f32x4.mul(f32x4.sub(v128.load(at, Z), mean), narrow);
      const exponent = f32x4.sub(height, f32x4.mul(distance, distance));
      v128.store(at + own, exponent);
      v128.store(at, f32x4.pmax(v128.load(at, LARGEST), exponent), LARGEST);
      at += VECTOR;
    } while (at != end);
    entry += ENTRY;
    own += ARRAY;
  } while (own != ownEnd);

  own = EXPONENT;
  do {
    at = work;
    do {
      const x = exp4(f32x4.sub(v128.load(at + own), v128.load(at, LARGEST)));
      v128.store(at + own, x);
      v128.store(at, f32x4.add(v128.load(at, SUM), x), SUM);
      at += VECTOR;
    } while (at != end);
    own += ARRAY;
  } while (own != ownEnd);
}

function sumOfLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<u32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

export function mixtureForward(
  rows: usize, dim: usize, components: usize, z: usize, logits: usize, mean: usize, logScale: usize,
  logProb: usize, scratch: usize,
): void {
  const stride = dim * SIZE;
  const groups = groupsOf(dim);
  const work = scratch + groups * components * ENTRY;
  prepare(dim, components, logits, mean, logScale, scratch);
  for (let row: usize = 0; row < rows; row += BLOCK) {
    const many = min(BLOCK, rows - row);
    const end = work + many * VECTOR;
    let at = work;
    for (; at != end; at += VECTOR) {
      v128.store(at, f32x4.splat(0), TOTAL);
      v128.store(at, f32x4.splat(1), PRODUCT);
    }
    for (let group: usize = 0; group < groups; group++) {
      const first = row * stride + group * VECTOR;
      exponentials(many, components, dim - 4 * group, z + first, stride, scratch + group * components * ENTRY, work);
      at = work;
      do {
        v128.store(at, f32x4.add(v128.load(at, TOTAL), v128.load(at, LARGEST)), TOTAL);
        v128.store(at, f32x4.mul(v128.load(at, PRODUCT), v128.load(at, SUM)), PRODUCT);
        at += VECTOR;
      } while (at != end);
      if ((group + 1) % SHARED != 0 && group + 1 != groups) continue;
      at = work;
      do {
        v128.store(at, f32x4.add(v128.load(at, TOTAL), log4(v128.load(at, PRODUCT))), TOTAL);
        v128.store(at, f32x4.splat(1), PRODUCT);
        at += VECTOR;
      } while (at != end);
    }
    for (at = work; at != end; at += VECTOR, logProb += SIZE)
      store<f32>(logProb, sumOfLanes(v128.load(at, TOTAL)));
  }
}

/** Adds four float32 to four float64. */
function carry(at: usize, x: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(x)));
  const high = f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
  v128.store(at, f64x2.add(v128.load(at, 16), high), 16);
}

/** One component's part in the gradients: of z in PULL, and, where `wantsSums`, of its parameters in `totals`. */
@inline
function gradients(rows: usize, own: usize, entry: usize, work: usize, totals: usize, wantsSums: bool): void {
  const mean = v128.load(entry);
  const narrow = v128.load(entry, 16);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  const end = work + rows * VECTOR;
  do {
    const distance = f32x4.mul(f32x4.sub(v128.load(work, Z), mean), narrow);
    const share = f32x4.mul(v128.load(work, SUM), v128.load(work + own));
    const moment = f32x4.mul(share, distance);
    v128.store(work, f32x4.add(v128.load(work, PULL), f32x4.mul(moment, narrow)), PULL);
    if (wantsSums) {
      sum0 = f32x4.add(sum0, share);
      sum1 = f32x4.add(sum1, moment);
      sum2 = f32x4.add(sum2, f32x4.mul(moment, distance));
    }
    work += VECTOR;
  } while (work != end);
  if (!wantsSums) return;
  carry(totals, sum0);
  carry(totals + 32, sum1);
  carry(totals + 64, sum2);
}

/** From the sums over all rows to one column's gradients. `entry`, `totals`: the column's lane at component 0. */
function writeGradients(
  components: usize, entry: usize, totals: usize, dLogits: usize, dMean: usize, dLogScale: usize,
): void {
  // The components' Σ g r add up to Σ g: taken from them, the gradients of the logits add up to 0.
  let upstream: f64 = 0;
  for (let k: usize = 0; k < components; k++) upstream += load<f64>(totals + k * TOTALS);
  for (let k: usize = 0; k < components; k++) {
    const share = load<f64>(totals);
    if (dLogits != 0) store<f32>(dLogits + k * SIZE, <f32>(share - <f64>load<f32>(entry, 48) * upstream));
    if (dMean != 0) store<f32>(dMean + k * SIZE, <f32>(2 * <f64>load<f32>(entry, 16) * load<f64>(totals, 32)));
    if (dLogScale != 0) store<f32>(dLogScale + k * SIZE, <f32>(2 * load<f64>(totals, 64) - share));
    entry += ENTRY;
    totals += TOTALS;
  }
}

export function mixtureBackward(
  rows: usize, dim: usize, components: usize, z: usize, logits: usize, mean: usize, logScale: usize,
  upstream: usize, dz: usize, dLogits: usize, dMean: usize, dLogScale: usize, scratch: usize,
): void {
  const stride = dim * SIZE;
  const groups = groupsOf(dim);
  const totals = scratch + groups * components * ENTRY;
  const work = totals + groups * components * TOTALS;
  const wantsSums = (dLogits | dMean | dLogScale) != 0;
  prepare(dim, components, logits, mean, logScale, scratch);
  if (wantsSums) memory.fill(totals, 0, groups * components * TOTALS);

  for (let row: usize = 0; row < rows; row += BLOCK) {
    const many = min(BLOCK, rows - row);
    for (let group: usize = 0; group < groups; group++) {
      const count = dim - 4 * group;
      const first = row * stride + group * VECTOR;
      const entry = scratch + group * components * ENTRY;
      exponentials(many, components, count, z + first, stride, entry, work);
      let at = work;
      const end = work + many * VECTOR;
      let g = upstream + row * SIZE;
      do {
        v128.store(at, f32x4.div(v128.load32_splat(g), v128.load(at, SUM)), SUM);
        v128.store(at, f32x4.splat(0), PULL);
        g += SIZE;
        at += VECTOR;
      } while (at != end);
      for (let k: usize = 0; k < components; k++) {
        const own = EXPONENT + k * ARRAY;
        if (wantsSums)
          gradients(many, own, entry + k * ENTRY, work, totals + (group * components + k) * TOTALS, true);
        else gradients(many, own, entry + k * ENTRY, work, 0, false);
      }
      if (dz == 0) continue;
      let to = dz + first;
      at = work;
      do {
        const gradient = f32x4.mul(f32x4.splat(-2), v128.load(at, PULL));
        if (count >= 4) v128.store(to, gradient);
        else writeFirst(count, to, gradient);
        to += stride;
        at += VECTOR;
      } while (at != end);
    }
  }

  if (!wantsSums) return;
  const length = components * SIZE;
  for (let column: usize = 0; column < dim; column++) {
    const group = column >> 2;
    const lane = column & 3;
    writeGradients(
      components, scratch + group * components * ENTRY + lane * SIZE,
      totals + group * components * TOTALS + lane * sizeof<f64>(),
      dLogits == 0 ? 0 : dLogits + column * length,
      dMean == 0 ? 0 : dMean + column * length,
      dLogScale == 0 ? 0 : dLogScale + column * length,
    );
  }
}
