// Functions that few graphs use, one element at a time in float64 and rounded once: sine, cosine, power.

/** Adding 1.5 · 2⁵² rounds to an integer and leaves that integer in the low bits. */
const ROUNDER: f64 = 6755399441055744;

/** Sine on ±π/4, right to 2⁻³⁵ (FreeBSD's k_sinf). */
function sineOf(x: f64): f64 {
  const z = x * x;
  const high = -0.000198393348360966317347 + z * 0.0000027183114939898219064;
  return x + x * z * (-0.166666666416265235595 + z * (0.0083333293858894631756 + z * high));
}

/** Cosine on ±π/4 (FreeBSD's k_cosf). */
function cosineOf(x: f64): f64 {
  const z = x * x;
  const high = -0.00138867637746099294692 + z * 0.0000243904487962774090654;
  return 1 + z * (-0.499999997251031003120 + z * (0.0416666233237390631894 + z * high));
}

/** sin(x + quarters · π/2). π/2 is taken off in two parts, exactly up to |x| of 4 · 10⁸. */
export function sine(x: f32, quarters: i32): f32 {
  const wide = <f64>x;
  const shifted = wide * 0.63661977236758134308 + ROUNDER;
  const n = shifted - ROUNDER;
  const rest = wide - n * 1.57079631090164184570 - n * 1.58932547735281966916e-8;
  const turn = <i32>reinterpret<i64>(shifted) + quarters;
  const value = turn & 1 ? cosineOf(rest) : sineOf(rest);
  return <f32>(turn & 2 ? -value : value);
}

/** log x for a finite x > 0: with x = 2ⁿ m and s = (m − 1) / (m + 1), n log 2 + 2 artanh s. */
function logOf(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  const n = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const m = reinterpret<f64>(bits - (n << 52));
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1;
  return <f64>n * 0.69314718055994530942 + 2 * s * p;
}

/** eˣ, for |x| up to 700. */
function expOf(x: f64): f64 {
  const shifted = x * 1.44269504088896340736 + ROUNDER;
  const r = x - (shifted - ROUNDER) * 0.69314718055994530942;
  let p: f64 = 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return reinterpret<f64>(reinterpret<i64>(p) + (reinterpret<i64>(shifted) << 52));
}

/** x to the power y with the special cases of C: pow(x, 0) = pow(1, y) = 1, a negative x only to whole powers. */
export function power(x: f32, y: f32): f32 {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return f32.NaN;
  const whole = nearest(y) == y;
  const negative = reinterpret<i32>(x) < 0;
  if (negative && x != 0 && !whole && abs(x) != f32.POSITIVE_INFINITY) return f32.NaN;
  const size = abs(x);
  let result: f64 = 1;
  if (size == 0 || size == f32.POSITIVE_INFINITY) result = (size == 0) == y < 0 ? f64.POSITIVE_INFINITY : 0;
  // Beyond ±200 the result is 0 or ∞ in float32, and so for an infinite y; (±1) to ±∞ is 1.
  else if (size != 1) result = expOf(max<f64>(min<f64>(<f64>y * logOf(size), 200), -200));
  // From 2²⁴ on every float32 is even.
  const odd = whole && nearest(y * 0.5) != y * 0.5;
  return <f32>(negative && odd ? -result : result);
}
