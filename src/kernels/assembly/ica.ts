// The density of one source in a linear separation: its score, and the sums that a quasi-Newton step needs, in one pass.

import { expWithin, log4 } from "./transcendental";
import { VECTOR } from "./vector";

/** Factors 1 + e, each at most 2, whose product is taken before its logarithm: 2⁶⁴ is far from float32's end. */
const FACTORS: usize = 64;

/**
 * eˣ for x ≤ 0 as `exp4` computes it, without its care for the ends of the range: below −87 it is e⁻⁸⁷, which is
 * nothing beside 1.
 */
@inline
function decay4(x: v128): v128 {
  return expWithin(f32x4.max(x, f32x4.splat(-87)));
}

/** The four lanes added up in float64. */
@inline
function total(x: v128): f64 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * score ← tanh y, or y − tanh y where `flat` is not 0; sums (float64) ← Σ log cosh y, Σ tanh² y, Σ y². `count` is a
 * positive multiple of 4; zeros that fill it up add nothing. With e = e^{−2|y|}: tanh |y| = (1 − e) / (1 + e),
 * log cosh y = |y| + log(1 + e) − log 2.
 */
export function icaScore(count: usize, y: usize, flat: i32, score: usize, sums: usize): void {
  const one = f32x4.splat(1);
  const signBit = f32x4.splat(-0.0);
  const keep = flat ? f32x4.splat(1) : f32x4.splat(0);
  const turn = flat ? f32x4.splat(-1) : one;
  let logCosh: f64 = 0;
  let squaredTanh: f64 = 0;
  let squares: f64 = 0;
  logCosh -= <f64>count * 0.6931471805599453;
  const end = y + count * 4;
  while (y < end) {
    const stop = min(end, y + FACTORS * VECTOR);
    let product = one;
    let sizes = f32x4.splat(0);
    let tanhs = f32x4.splat(0);
    let powers = f32x4.splat(0);
    do {
      const x = v128.load(y);
      const size = f32x4.abs(x);
      const e = decay4(f32x4.mul(size, f32x4.splat(-2)));
      const sum = f32x4.add(one, e);
      const t = v128.bitselect(x, f32x4.div(f32x4.sub(one, e), sum), signBit);
      product = f32x4.mul(product, sum);
      sizes = f32x4.add(sizes, size);
      tanhs = f32x4.add(tanhs, f32x4.mul(t, t));
      powers = f32x4.add(powers, f32x4.mul(x, x));
      v128.store(score, f32x4.add(f32x4.mul(keep, x), f32x4.mul(turn, t)));
      y += VECTOR;
      score += VECTOR;
    } while (y < stop);
    logCosh += total(f32x4.add(sizes, log4(product)));
    squaredTanh += total(tanhs);
    squares += total(powers);
  }
  store<f64>(sums, logCosh);
  store<f64>(sums, squaredTanh, 8);
  store<f64>(sums, squares, 16);
}
