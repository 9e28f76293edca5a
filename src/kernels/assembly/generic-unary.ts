// Element-wise functions of one float32 array: a loop, and one class a function.

import { erf4, expm1x4, log1px4, sigmoid4, softplus4, tanh4 } from "./generic-functions";
import { sine } from "./generic-scalar";
import { exp4, log4 } from "./transcendental";
import { VECTOR, read, write } from "./vector";

/**
 * out ← f(x) for every element, x and out apart. F is a class without data whose `apply` takes four elements: a
 * parameter of a generic function is inlined where a function pointer would be called. What does not fill the last
 * vector is computed with the elements before it, a second time.
 */
@inline
function map<F>(count: usize, x: usize, out: usize): void {
  const f = changetype<F>(<usize>0);
  const size = count * 4;
  if (count < 4) {
    for (let at: usize = 0; at < size; at += 4)
      write<f32>(false, out + at, inline.always(f.apply(read<f32>(false, x + at))));
    return;
  }
  const last = size - VECTOR;
  for (let at: usize = 0; at < last; at += VECTOR)
    v128.store(out + at, inline.always(f.apply(v128.load(x + at))));
  v128.store(out + last, inline.always(f.apply(v128.load(x + last))));
}

@unmanaged
class Neg {
  apply(x: v128): v128 {
    return f32x4.neg(x);
  }
}
@unmanaged
class Abs {
  apply(x: v128): v128 {
    return f32x4.abs(x);
  }
}
@unmanaged
class Sqrt {
  apply(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}
@unmanaged
class Sign {
  apply(x: v128): v128 {
    const zero = f32x4.splat(0);
    const one = f32x4.splat(1);
    return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
  }
}
@unmanaged
class Truncate {
  apply(x: v128): v128 {
    // An integer has no −0.
    return f32x4.add(f32x4.trunc(x), f32x4.splat(0));
  }
}
@unmanaged
class Square {
  apply(x: v128): v128 {
    return f32x4.mul(x, x);
  }
}
@unmanaged
class Cube {
  apply(x: v128): v128 {
    return f32x4.mul(f32x4.mul(x, x), x);
  }
}
@unmanaged
class Exp {
  apply(x: v128): v128 {
    return exp4(x);
  }
}
@unmanaged
class Log {
  apply(x: v128): v128 {
    return log4(x);
  }
}
@unmanaged
class Log1p {
  apply(x: v128): v128 {
    return log1px4(x);
  }
}
@unmanaged
class Expm1 {
  apply(x: v128): v128 {
    return expm1x4(x);
  }
}
@unmanaged
class Tanh {
  apply(x: v128): v128 {
    return tanh4(x);
  }
}
@unmanaged
class Sigmoid {
  apply(x: v128): v128 {
    return sigmoid4(x);
  }
}
@unmanaged
class Softplus {
  apply(x: v128): v128 {
    return softplus4(x);
  }
}
@unmanaged
class Erf {
  apply(x: v128): v128 {
    return erf4(x);
  }
}

export function unaryNeg(count: usize, x: usize, out: usize): void {
  map<Neg>(count, x, out);
}
export function unaryAbs(count: usize, x: usize, out: usize): void {
  map<Abs>(count, x, out);
}
export function unarySqrt(count: usize, x: usize, out: usize): void {
  map<Sqrt>(count, x, out);
}
export function unarySign(count: usize, x: usize, out: usize): void {
  map<Sign>(count, x, out);
}
export function unaryTruncate(count: usize, x: usize, out: usize): void {
  map<Truncate>(count, x, out);
}
export function unarySquare(count: usize, x: usize, out: usize): void {
  map<Square>(count, x, out);
}
export function unaryCube(count: usize, x: usize, out: usize): void {
  map<Cube>(count, x, out);
}
export function unaryExp(count: usize, x: usize, out: usize): void {
  map<Exp>(count, x, out);
}
export function unaryLog(count: usize, x: usize, out: usize): void {
  map<Log>(count, x, out);
}
export function unaryLog1p(count: usize, x: usize, out: usize): void {
  map<Log1p>(count, x, out);
}
export function unaryExpm1(count: usize, x: usize, out: usize): void {
  map<Expm1>(count, x, out);
}
export function unaryTanh(count: usize, x: usize, out: usize): void {
  map<Tanh>(count, x, out);
}
export function unarySigmoid(count: usize, x: usize, out: usize): void {
  map<Sigmoid>(count, x, out);
}
export function unarySoftplus(count: usize, x: usize, out: usize): void {
  map<Softplus>(count, x, out);
}
export function unaryErf(count: usize, x: usize, out: usize): void {
  map<Erf>(count, x, out);
}
export function unarySin(count: usize, x: usize, out: usize): void {
  for (const end = x + count * 4; x < end; x += 4, out += 4) store<f32>(out, sine(load<f32>(x), 0));
}
export function unaryCos(count: usize, x: usize, out: usize): void {
  for (const end = x + count * 4; x < end; x += 4, out += 4) store<f32>(out, sine(load<f32>(x), 1));
}
