// The running average of the weights: average ← decay · average + (1 − decay) · value.

import { VECTOR, read, spread, write } from "./vector";

function step<T>(whole: bool, average: usize, value: usize, keep: v128, take: v128): void {
  const kept = v128.mul<T>(keep, read<T>(whole, average));
  write<T>(whole, average, v128.add<T>(kept, v128.mul<T>(take, read<T>(whole, value))));
}

export function average<T>(count: usize, average: usize, value: usize, decay: f64): void {
  const keep = spread<T>(decay);
  const take = spread<T>(1 - decay);
  const end = count * sizeof<T>();
  const whole = end & ~(VECTOR - 1);
  let at: usize = 0;
  for (; at < whole; at += VECTOR) step<T>(true, average + at, value + at, keep, take);
  for (; at < end; at += sizeof<T>()) step<T>(false, average + at, value + at, keep, take);
}
