// When a run got how far: likelihoods over time, and the progress lines of `logdet fit` as such.

/** A validation likelihood, in nats a row, and when it was known, in seconds from the start of the process. */
export interface Reached {
  readonly seconds: number;
  readonly nats: number;
}

/** The held-out likelihood that a progress line of `logdet fit` tells, nats a row in the file's units; else undefined. */
export function toldNats(line: string): number | undefined {
  const found = /held out (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) nats/i.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Seconds to the first point at which the likelihood is at least `nats`; null if it never is. */
export function secondsTo(nats: number, curve: readonly Reached[]): number | null {
  return curve.find((point) => point.nats >= nats)?.seconds ?? null;
}
