// The plainest updates of one array: fill, scale, add a multiple of another.

import { VECTOR, read, spread, write } from "./vector";

export function fill<T>(count: usize, x: usize, value: f64): void {
  const filler = spread<T>(value);
  const end = x + count * sizeof<T>();
  const whole = x + ((count * sizeof<T>()) & ~(VECTOR - 1));
  for (; x < whole; x += VECTOR) write<T>(true, x, filler);
  for (; x < end; x += sizeof<T>()) write<T>(false, x, filler);
}

export function scale<T>(count: usize, x: usize, factor: f64): void {
  const by = spread<T>(factor);
  const end = x + count * sizeof<T>();
  const whole = x + ((count * sizeof<T>()) & ~(VECTOR - 1));
  for (; x < whole; x += VECTOR) write<T>(true, x, v128.mul<T>(by, read<T>(true, x)));
  for (; x < end; x += sizeof<T>()) write<T>(false, x, v128.mul<T>(by, read<T>(false, x)));
}

function addAt<T>(whole: bool, y: usize, x: usize, by: v128): void {
  write<T>(whole, y, v128.add<T>(read<T>(whole, y), v128.mul<T>(by, read<T>(whole, x))));
}

export function addScaled<T>(count: usize, y: usize, x: usize, factor: f64): void {
  const by = spread<T>(factor);
  const end = count * sizeof<T>();
  const whole = end & ~(VECTOR - 1);
  let at: usize = 0;
  for (; at < whole; at += VECTOR) addAt<T>(true, y + at, x + at, by);
  for (; at < end; at += sizeof<T>()) addAt<T>(false, y + at, x + at, by);
}
