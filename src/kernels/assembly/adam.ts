// Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019), the whole update in one pass:
// m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  x ← x − η (m / c₁) / (√(v / c₂) + ε) − η λ x.

import { VECTOR, read, spread, write } from "./vector";

function step<T extends number>(
  whole: bool,
  value: usize,
  gradient: usize,
  m: usize,
  v: usize,
  keep1: v128,
  take1: v128,
  keep2: v128,
  take2: v128,
  perCorrection2: v128,
  epsilon: v128,
  rate: v128,
  shrink: v128,
): void {
  const g = read<T>(whole, gradient);
  const x = read<T>(whole, value);
  const mean = v128.add<T>(v128.mul<T>(keep1, read<T>(whole, m)), v128.mul<T>(take1, g));
  const square = v128.add<T>(v128.mul<T>(keep2, read<T>(whole, v)), v128.mul<T>(take2, v128.mul<T>(g, g)));
  write<T>(whole, m, mean);
  write<T>(whole, v, square);
  const deviation = v128.add<T>(v128.sqrt<T>(v128.mul<T>(square, perCorrection2)), epsilon);
  const move = v128.div<T>(v128.mul<T>(rate, mean), deviation);
  write<T>(whole, value, v128.sub<T>(v128.mul<T>(shrink, x), move));
}

export function adam<T extends number>(
  count: usize,
  value: usize,
  gradient: usize,
  m: usize,
  v: usize,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  correction1: f64,
  correction2: f64,
  weightDecay: f64,
): void {
  // The constants are combined in float64: 1 − β₂ in float32 would be wrong by 5e-5 of itself.
  const keep1 = spread<T>(beta1);
  const take1 = spread<T>(1 - beta1);
  const keep2 = spread<T>(beta2);
  const take2 = spread<T>(1 - beta2);
  const perCorrection2 = spread<T>(1 / correction2);
  const eps = spread<T>(epsilon);
  const rate = spread<T>(learningRate / correction1);
  const shrink = spread<T>(1 - learningRate * weightDecay);
  const end = count * sizeof<T>();
  const whole = end & ~(VECTOR - 1);
  // Left to itself the compiler makes calls of these, at twice the time.
  let at: usize = 0;
  for (; at < whole; at += VECTOR)
    inline.always(
      step<T>(true, value + at, gradient + at, m + at, v + at, keep1, take1, keep2, take2, perCorrection2, eps, rate, shrink),
    );
  for (; at < end; at += sizeof<T>())
    inline.always(
      step<T>(false, value + at, gradient + at, m + at, v + at, keep1, take1, keep2, take2, perCorrection2, eps, rate, shrink),
    );
}
