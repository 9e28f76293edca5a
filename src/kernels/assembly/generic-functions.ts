// Functions of four float32 at once for the element-wise kernels, built on exp4 and log4. Each form is chosen so that
// nothing cancels near 0 and nothing overflows far out; ±∞ and NaN give what they give in IEEE 754.

import { exp4, expm1Near0, log4, powerOf2, remainder } from "./transcendental";

/** eˣ − 1: as exp4, but with 2ⁿ (eʳ − 1) + (2ⁿ − 1), halved so that 2ⁿ stays a float32 to the end of the range. */
@inline
export function expm1x4(x: v128): v128 {
  const inRange = f32x4.max(f32x4.min(x, f32x4.splat(89)), f32x4.splat(-30));
  const power = powerOf2(inRange);
  const small = expm1Near0(remainder(inRange, power));
  const half = i32x4.add(f32x4.splat(0.5), i32x4.shl(power, 23));
  const sum = f32x4.add(f32x4.mul(half, small), f32x4.sub(half, f32x4.splat(0.5)));
  return f32x4.add(sum, sum);
}

/** log(1 + x): with u = 1 + x rounded, log u plus what the rounding lost, divided by u. */
@inline
export function log1px4(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(x, one);
  const correction = f32x4.div(f32x4.sub(x, f32x4.sub(u, one)), u);
  // At −1 and where 1 + x overflows the correction has no meaning.
  const inside = v128.and(f32x4.gt(u, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(1e30)));
  return f32x4.add(log4(u), v128.and(correction, inside));
}

/** With t = e^{2|x|} − 1, tanh |x| = t / (t + 2); beyond 10 it is 1 in float32. */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.min(f32x4.abs(x), f32x4.splat(10));
  const t = expm1x4(f32x4.add(size, size));
  const result = f32x4.div(t, f32x4.add(t, f32x4.splat(2)));
  return v128.bitselect(x, result, f32x4.splat(-0.0));
}

/** With e = e^{−|x|}, 1 / (1 + e) right of 0 and e / (1 + e) left of it. */
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const over = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(over, f32x4.add(one, e));
}

/**
 * log(1 + eˣ) = max(x, 0) + log(1 + e) with e = e^{−|x|} up to 1, where a general logarithm is not needed: it is
 * 2 artanh s with s = e / (2 + e) up to 1/3, a minimax polynomial in s² (error 4 · 10⁻¹⁰).
 */
@inline
export function softplus4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  // Far out the correction is nothing, and its subnormal parts would be slow.
  const matters = f32x4.gt(s, f32x4.splat(1e-12));
  const t = f32x4.max(s, f32x4.splat(1e-12));
  const z = f32x4.mul(t, t);
  let p = f32x4.splat(1.1619525306e-1);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.0851657494e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.4296291708e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.9999850678e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(3.3333333669e-1));
  const correction = v128.and(f32x4.mul(f32x4.mul(p, z), t), matters);
  const half = f32x4.add(s, correction);
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), f32x4.add(half, half));
}

/**
 * erf x: an odd polynomial up to 0.93, 1 − e^{−q(|x|)} beyond. The polynomials are N. Juffa's (public, "erff" with an
 * error below one unit in the last place).
 */
@inline
export function erf4(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let inner = f32x4.splat(-5.96761703e-4);
  inner = f32x4.add(f32x4.mul(inner, square), f32x4.splat(4.99119423e-3));
  inner = f32x4.add(f32x4.mul(inner, square), f32x4.splat(-2.67681349e-2));
  inner = f32x4.add(f32x4.mul(inner, square), f32x4.splat(1.12819925e-1));
  inner = f32x4.add(f32x4.mul(inner, square), f32x4.splat(-3.76125336e-1));
  inner = f32x4.add(f32x4.mul(inner, square), f32x4.splat(1.28379166e-1));
  inner = f32x4.add(f32x4.mul(inner, x), x);

  // Beyond 4 erf is 1 in float32, and the polynomial would turn.
  const t = f32x4.min(size, f32x4.splat(4));
  let outer = f32x4.splat(-1.72853470e-5);
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(3.83197126e-4));
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(-3.88396438e-3));
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(2.42546219e-2));
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(-1.06777877e-1));
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(-6.34846687e-1));
  outer = f32x4.add(f32x4.mul(outer, t), f32x4.splat(-1.28717512e-1));
  const below = f32x4.sub(f32x4.mul(outer, t), t);
  const far = v128.bitselect(x, f32x4.sub(f32x4.splat(1), exp4(below)), f32x4.splat(-0.0));
  return v128.bitselect(far, inner, f32x4.gt(size, f32x4.splat(0.927734375)));
}
