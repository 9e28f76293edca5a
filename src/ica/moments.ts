// What is known of one series: mean, spread, shape.

export interface Moments {
  readonly mean: number;
  readonly deviation: number;
  /** E[(v − mean)⁴] / variance² − 3. */
  readonly kurtosis: number;
}

/** Mean, standard deviation and excess kurtosis of a series. */
export function momentsOf(values: Float64Array): Moments {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / values.length;
  return { mean, deviation: Math.sqrt(variance), kurtosis: fourth / values.length / variance ** 2 - 3 };
}
