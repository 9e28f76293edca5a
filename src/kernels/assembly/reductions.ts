// One number out of a whole array: the sum of squares, and whether every element is finite.

import { VECTOR, read } from "./vector";

function squared64(x: v128): v128 {
  return v128.mul<f64>(x, x);
}

/** The squares of a vector's lanes in float64, folded into two lanes. */
function squares<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return squared64(x);
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
  return v128.add<f64>(squared64(low), squared64(high));
}

export function sumOfSquares<T>(count: usize, x: usize): f64 {
  const end = x + count * sizeof<T>();
  const unrolled = x + ((count * sizeof<T>()) & ~(4 * VECTOR - 1));
  // Four sums, so that an addition need not wait for the one before.
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  for (; x < unrolled; x += 4 * VECTOR) {
    sum0 = v128.add<f64>(sum0, squares<T>(v128.load(x)));
    sum1 = v128.add<f64>(sum1, squares<T>(v128.load(x, 16)));
    sum2 = v128.add<f64>(sum2, squares<T>(v128.load(x, 32)));
    sum3 = v128.add<f64>(sum3, squares<T>(v128.load(x, 48)));
  }
  for (; x < end; x += sizeof<T>()) sum0 = v128.add<f64>(sum0, squares<T>(read<T>(false, x)));
  const sum = v128.add<f64>(v128.add<f64>(sum0, sum1), v128.add<f64>(sum2, sum3));
  return v128.extract_lane<f64>(sum, 0) + v128.extract_lane<f64>(sum, 1);
}

export function allFinite<T>(count: usize, x: usize): bool {
  const end = x + count * sizeof<T>();
  const unrolled = x + ((count * sizeof<T>()) & ~(4 * VECTOR - 1));
  // x · 0 is a zero for every finite x and NaN otherwise, and NaN stays NaN in a sum.
  const zero = v128.splat<T>(<T>0);
  let sum0 = zero;
  let sum1 = zero;
  let sum2 = zero;
  let sum3 = zero;
  for (; x < unrolled; x += 4 * VECTOR) {
    sum0 = v128.add<T>(sum0, v128.mul<T>(zero, v128.load(x)));
    sum1 = v128.add<T>(sum1, v128.mul<T>(zero, v128.load(x, 16)));
    sum2 = v128.add<T>(sum2, v128.mul<T>(zero, v128.load(x, 32)));
    sum3 = v128.add<T>(sum3, v128.mul<T>(zero, v128.load(x, 48)));
  }
  for (; x < end; x += sizeof<T>()) sum0 = v128.add<T>(sum0, v128.mul<T>(zero, read<T>(false, x)));
  const sum = v128.add<T>(v128.add<T>(sum0, sum1), v128.add<T>(sum2, sum3));
  return v128.all_true<i32>(v128.eq<T>(sum, zero));
}
