// Gradient descent with heavy-ball momentum: v ← μ v + g,  x ← x − η (v + λ x).

import { VECTOR, read, spread, write } from "./vector";

function step<T>(whole: bool, value: usize, gradient: usize, velocity: usize, rate: v128, mu: v128, decay: v128): void {
  const x = read<T>(whole, value);
  const v = v128.add<T>(v128.mul<T>(mu, read<T>(whole, velocity)), read<T>(whole, gradient));
  write<T>(whole, velocity, v);
  write<T>(whole, value, v128.sub<T>(x, v128.mul<T>(rate, v128.add<T>(v, v128.mul<T>(decay, x)))));
}

export function sgd<T>(
  count: usize,
  value: usize,
  gradient: usize,
  velocity: usize,
  learningRate: f64,
  momentum: f64,
  weightDecay: f64,
): void {
  const rate = spread<T>(learningRate);
  const mu = spread<T>(momentum);
  const decay = spread<T>(weightDecay);
  const end = count * sizeof<T>();
  const whole = end & ~(VECTOR - 1);
  let at: usize = 0;
  for (; at < whole; at += VECTOR) step<T>(true, value + at, gradient + at, velocity + at, rate, mu, decay);
  for (; at < end; at += sizeof<T>()) step<T>(false, value + at, gradient + at, velocity + at, rate, mu, decay);
}
