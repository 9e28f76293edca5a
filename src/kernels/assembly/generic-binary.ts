// Element-wise functions of two float32 arrays that broadcast: one loop over strides, one class a function.

import { power } from "./generic-scalar";
import { VECTOR, read, write } from "./vector";

/** The inner row: each operand is contiguous (step 4) or one element for the whole row (step 0). */
@inline
function combineRow<F>(count: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize): void {
  const f = changetype<F>(<usize>0);
  if (count < 4) {
    for (let i: usize = 0; i < count; i++)
      write<f32>(
        false,
        out + i * 4,
        inline.always(f.apply(read<f32>(false, a + i * aStep), read<f32>(false, b + i * bStep))),
      );
    return;
  }
  // What does not fill the last vector is computed with the elements before it, a second time.
  const last = count * 4 - VECTOR;
  let at: usize = 0;
  if (aStep == 0) {
    const left = v128.load32_splat(a);
    for (; at < last; at += VECTOR) v128.store(out + at, inline.always(f.apply(left, v128.load(b + at))));
    v128.store(out + last, inline.always(f.apply(left, v128.load(b + last))));
  } else if (bStep == 0) {
    const right = v128.load32_splat(b);
    for (; at < last; at += VECTOR) v128.store(out + at, inline.always(f.apply(v128.load(a + at), right)));
    v128.store(out + last, inline.always(f.apply(v128.load(a + last), right)));
  } else {
    for (; at < last; at += VECTOR)
      v128.store(out + at, inline.always(f.apply(v128.load(a + at), v128.load(b + at))));
    v128.store(out + last, inline.always(f.apply(v128.load(a + last), v128.load(b + last))));
  }
}

/**
 * out [n0, n1, n2, n3] ← f(a, b). `a0` … `a3` are a's steps along each axis in bytes, 0 where it is stretched; the
 * last is 4 or 0, and not 0 for both where n3 > 1. out is contiguous and apart from both.
 */
@inline
function combine<F>(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  const row = n3 * 4;
  for (let i: usize = 0; i < n0; i++)
    for (let j: usize = 0; j < n1; j++) {
      let left = a + i * a0 + j * a1;
      let right = b + i * b0 + j * b1;
      for (const end = out + n2 * row; out < end; out += row, left += a2, right += b2)
        combineRow<F>(n3, left, a3, right, b3, out);
    }
}

@unmanaged
class Add {
  apply(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}
@unmanaged
class Sub {
  apply(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}
@unmanaged
class Mul {
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
@unmanaged
class Div {
  apply(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}
@unmanaged
class Min {
  apply(a: v128, b: v128): v128 {
    return f32x4.min(a, b);
  }
}
@unmanaged
class Max {
  apply(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
}
@unmanaged
class Less {
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.lt(a, b), f32x4.splat(1));
  }
}
@unmanaged
class LessOrEqual {
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.le(a, b), f32x4.splat(1));
  }
}
@unmanaged
class Greater {
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.gt(a, b), f32x4.splat(1));
  }
}
@unmanaged
class GreaterOrEqual {
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.ge(a, b), f32x4.splat(1));
  }
}
@unmanaged
class Equal {
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.eq(a, b), f32x4.splat(1));
  }
}
@unmanaged
class Pow {
  apply(a: v128, b: v128): v128 {
    let result = f32x4.splat(power(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
    result = f32x4.replace_lane(result, 1, power(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
    result = f32x4.replace_lane(result, 2, power(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
    return f32x4.replace_lane(result, 3, power(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
  }
}

export function binaryAdd(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Add>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binarySub(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Sub>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryMul(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Mul>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryDiv(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Div>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryMin(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Min>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryMax(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Max>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryLess(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Less>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryLessOrEqual(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<LessOrEqual>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryGreater(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Greater>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryGreaterOrEqual(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<GreaterOrEqual>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryEqual(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Equal>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
export function binaryPow(n0: usize, n1: usize, n2: usize, n3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  combine<Pow>(n0, n1, n2, n3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, out);
}
