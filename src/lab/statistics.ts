// The few statistics that verdicts rest on.

export interface Summary {
  readonly mean: number;
  /** Standard deviation of one value. */
  readonly deviation: number;
  /** Standard error of the mean. */
  readonly error: number;
}

/** Mean and spread of independent values; the spread of fewer than two is unknown, NaN. */
export function summarize(values: readonly number[]): Summary {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const deviation = values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1));
  return { mean, deviation, error: deviation / Math.sqrt(values.length) };
}

/** Slope of the least-squares line. */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [centerX, centerY] = [summarize(x).mean, summarize(y).mean];
  const product = x.reduce((total, value, i) => total + (value - centerX) * (y[i] - centerY), 0);
  return product / x.reduce((total, value) => total + (value - centerX) ** 2, 0);
}
