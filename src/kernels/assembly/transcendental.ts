// exp and log of four float32 at once: the range is reduced exactly, then a polynomial (Moshier's Cephes library).
// Both are right to within 2 units in the last place.

/** What rounds a small number to an integer when it is added, and leaves that integer in the low bits: 1.5 · 2²³. */
const ROUNDER: f32 = 12582912;

/** n = round(x / log 2), still with ROUNDER added: shifted left by 23 bits it adds n to an exponent. */
@inline
export function powerOf2(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(ROUNDER));
}

/** r = x − n log 2, in ±0.35: log 2 in two parts, the first so short that n times it is exact. */
@inline
export function remainder(x: v128, power: v128): v128 {
  const n = f32x4.sub(power, f32x4.splat(ROUNDER));
  const partly = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  return f32x4.sub(partly, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
}

/** eʳ − 1 = r + r² p(r) for r in ±0.35. */
@inline
export function expm1Near0(r: v128): v128 {
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
}

/** eˣ in every lane where 2ⁿ is a normal number: x in ±87. */
@inline
export function expWithin(x: v128): v128 {
  const power = powerOf2(x);
  const mantissa = f32x4.add(expm1Near0(remainder(x, power)), f32x4.splat(1));
  return i32x4.add(mantissa, i32x4.shl(power, 23));
}

/** eˣ in every lane: +∞ above 88.72, 0 where the result would be below the smallest normal number, NaN at NaN. */
@inline
export function exp4(x: v128): v128 {
  const scaled = expWithin(x);
  const isFinite = f32x4.le(x, f32x4.splat(88.7228317));
  const result = v128.bitselect(scaled, f32x4.add(x, f32x4.splat(f32.POSITIVE_INFINITY)), isFinite);
  return v128.andnot(result, f32x4.lt(x, f32x4.splat(-87.3365402)));
}

/**
 * log x in every lane: −∞ at 0, +∞ at +∞, NaN below 0 and at NaN. Subnormal numbers are not told apart.
 * With x = 2ⁿ (1 + f), 1 + f between √½ and √2, log x = n log 2 + f − f²/2 + f³ p(f).
 */
@inline
export function log4(x: v128): v128 {
  // The bits of √½: what lies between two of its multiples by powers of 2 shares an n.
  const exponent = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const n = f32x4.convert_i32x4_s(exponent);
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(exponent, 23)), f32x4.splat(1));
  const f2 = f32x4.mul(f, f);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, f), f2), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  const tail = f32x4.sub(small, f32x4.mul(f2, f32x4.splat(0.5)));
  const value = f32x4.add(f32x4.add(f, tail), f32x4.mul(n, f32x4.splat(0.693359375)));
  const zero = f32x4.splat(0);
  const positive = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), value, f32x4.eq(x, zero));
  const finite = v128.bitselect(positive, x, f32x4.le(x, f32x4.splat(f32.MAX_VALUE)));
  // All bits set is a NaN.
  return v128.or(finite, f32x4.lt(x, zero));
}
