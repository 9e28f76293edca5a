// The peaked density of sources in a linear separation: tanh, and the sums that a quasi-Newton step needs, in one pass.

import { log4 } from "./transcendental";
import { VECTOR } from "./vector";

/** Factors 1 + e, each at most 2, whose product is taken before its logarithm: 2⁶⁴ is far from float32's end. */
const FACTORS: usize = 64;

/** What rounds a small number to an integer when it is added, and leaves that integer in the low bits: 1.5 · 2²³. */
const ROUNDER: f32 = 12582912;

/**
 * e^{−2 size} for size ≥ 0 as 2ᶻ, the fraction of z by a polynomial: right to 2 · 10⁻⁷ of 1, which is what it is added
 * to. Below 2⁻¹²⁶ it stays there.
 */
@inline
function decay4(size: v128): v128 {
  const z = f32x4.max(f32x4.mul(size, f32x4.splat(-2.8853900818)), f32x4.splat(-126));
  const power = f32x4.add(z, f32x4.splat(ROUNDER));
  const f = f32x4.sub(z, f32x4.sub(power, f32x4.splat(ROUNDER)));
  let p = f32x4.splat(0.001326472668);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.009671512676));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.05550733745));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.2402224208));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.6931469776));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(power, 23));
}

/** Adds four lanes to four float64. */
@inline
function addTo(sums: usize, x: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(x)));
  const high = f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
  v128.store(sums + VECTOR, f64x2.add(v128.load(sums + VECTOR), high));
}

/**
 * tanhs ← tanh y; sums (float64, [2, width]) += Σ log 2 cosh y and Σ tanh² y of every column. With e = e^{−2|y|}:
 * tanh |y| = (1 − e) / (1 + e), log 2 cosh y = |y| + log(1 + e).
 */
export function icaScore(rows: usize, width: usize, y: usize, tanhs: usize, sums: usize): void {
  const one = f32x4.splat(1);
  const signBit = f32x4.splat(-0.0);
  const stride = width * sizeof<f32>();
  const lastRow = y + rows * stride;
  for (let column: usize = 0; column < width; column += 4) {
    let from = y + column * sizeof<f32>();
    let to = tanhs + column * sizeof<f32>();
    const end = lastRow + column * sizeof<f32>();
    while (from < end) {
      const stop = min(end, from + FACTORS * stride);
      let product = one;
      let sizes = f32x4.splat(0);
      let squares = f32x4.splat(0);
      do {
        const x = v128.load(from);
        const size = f32x4.abs(x);
        const e = decay4(size);
        const sum = f32x4.add(one, e);
        const t = v128.bitselect(x, f32x4.div(f32x4.sub(one, e), sum), signBit);
        product = f32x4.mul(product, sum);
        sizes = f32x4.add(sizes, size);
        squares = f32x4.add(squares, f32x4.mul(t, t));
        v128.store(to, t);
        from += stride;
        to += stride;
      } while (from < stop);
      const at = sums + column * sizeof<f64>();
      addTo(at, f32x4.add(sizes, log4(product)));
      addTo(at + width * sizeof<f64>(), squares);
    }
  }
}
