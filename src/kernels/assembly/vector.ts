// A few lanes of float32 or float64 at a time. Loops run over whole vectors, then take what is left one element
// at a time through the same vector code, so an element's result does not depend on where it lies.

/** Bytes of one vector. */
export const VECTOR: usize = 16;

/** How many elements one vector holds: 4 float32 or 2 float64. */
export function lanes<T>(): usize {
  return VECTOR / sizeof<T>();
}

/** A number in every lane, rounded to T once. */
export function spread<T>(x: f64): v128 {
  return v128.splat<T>(<T>x);
}

/** The one element at `at` in every lane. */
export function spreadFrom<T>(at: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(at) : v128.load64_splat(at);
}

/** A whole vector, or (`whole` false) one element with zeros behind it. */
export function read<T>(whole: bool, at: usize): v128 {
  if (whole) return v128.load(at);
  return sizeof<T>() == 4 ? v128.load32_zero(at) : v128.load64_zero(at);
}

/** Writes a whole vector, or (`whole` false) its first element. */
export function write<T>(whole: bool, at: usize, x: v128): void {
  if (whole) v128.store(at, x);
  else if (sizeof<T>() == 4) v128.store32_lane(at, x, 0);
  else v128.store64_lane(at, x, 0);
}
