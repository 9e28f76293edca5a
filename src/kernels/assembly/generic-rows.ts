// Moving float32 within one row: what the kernels for layout and choice are made of.

import { VECTOR } from "./vector";

/** Beyond this many elements the engine's own copy wins over a loop. */
const LONG: usize = 64;

/** to ← from, which lie apart. */
@inline
export function copyRow(count: usize, from: usize, to: usize): void {
  if (count < 4) {
    for (let at: usize = 0; at < count * 4; at += 4) store<f32>(to + at, load<f32>(from + at));
  } else if (count > LONG) {
    memory.copy(to, from, count * 4);
  } else {
    const last = count * 4 - VECTOR;
    for (let at: usize = 0; at < last; at += VECTOR) v128.store(to + at, v128.load(from + at));
    v128.store(to + last, v128.load(from + last));
  }
}

/** Every element becomes `value`. */
@inline
export function fillRow(count: usize, to: usize, value: f32): void {
  if (count < 4) {
    for (let at: usize = 0; at < count * 4; at += 4) store<f32>(to + at, value);
    return;
  }
  const filler = f32x4.splat(value);
  const last = count * 4 - VECTOR;
  for (let at: usize = 0; at < last; at += VECTOR) v128.store(to + at, filler);
  v128.store(to + last, filler);
}

/** to ← a + b, all three apart. */
@inline
export function addRows(count: usize, a: usize, b: usize, to: usize): void {
  if (count < 4) {
    for (let at: usize = 0; at < count * 4; at += 4) store<f32>(to + at, load<f32>(a + at) + load<f32>(b + at));
    return;
  }
  const last = count * 4 - VECTOR;
  for (let at: usize = 0; at < last; at += VECTOR)
    v128.store(to + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  v128.store(to + last, f32x4.add(v128.load(a + last), v128.load(b + last)));
}
