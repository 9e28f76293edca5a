// Times of repeated calls, and how they grow with size.

import { LogdetError } from "logdet";

/** The median time of a call, in milliseconds, and of how many calls it is the median. */
export interface Timing {
  readonly ms: number;
  readonly runs: number;
}

/**
 * The median time of one call of `fn`. A median, because a machine that does other things too makes some calls
 * slow and none fast.
 *
 * @param options.seconds how long to measure, warm-up aside
 * @param options.minimumRuns measure at least so many calls, however long they take (default 3)
 * @param options.warmup calls made beforehand and not measured (default 2)
 * @throws LogdetError "usage" when minimumRuns is less than 1; whatever `fn` throws
 * @example await medianTime(async () => void (await session.run(feeds, fetches)), { seconds: 2 })
 */
export async function medianTime(
  fn: () => Promise<void>,
  options: { seconds: number; minimumRuns?: number; warmup?: number },
): Promise<Timing> {
  const { seconds, minimumRuns = 3, warmup = 2 } = options;
  if (minimumRuns < 1) throw new LogdetError("usage", `minimumRuns must be at least 1, got ${minimumRuns}`);
  for (let i = 0; i < warmup; i++) await fn();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < minimumRuns || performance.now() < end) {
    const start = performance.now();
    await fn();
    times.push(performance.now() - start);
  }
  return { ms: median(times), runs: times.length };
}

/** The middle value, or the mean of the two middle ones. Leaves `values` as they are. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new LogdetError("usage", "no values to take the median of");
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ordered.length % 2 === 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/**
 * The exponent p of the power law y = c xᵖ that fits best: the slope of log y against log x by least squares.
 *
 * @param points at least two different x; x and y positive
 * @throws LogdetError "usage" when there are no two such points
 * @example slope([{ x: 512, y: 4 }, { x: 1024, y: 16 }])  // 2
 */
export function slope(points: readonly { x: number; y: number }[]): number {
  if (points.some(({ x, y }) => !(x > 0 && y > 0)))
    throw new LogdetError("usage", "a log-log slope needs positive numbers");
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const logX = points.map(({ x }) => Math.log(x));
  const logY = points.map(({ y }) => Math.log(y));
  const [meanX, meanY] = [mean(logX), mean(logY)];
  const variance = mean(logX.map((x) => (x - meanX) ** 2));
  if (!(variance > 0)) throw new LogdetError("usage", "a log-log slope needs two different x");
  return mean(logX.map((x, i) => (x - meanX) * (logY[i] - meanY))) / variance;
}
