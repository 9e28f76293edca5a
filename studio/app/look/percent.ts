// Shares as readers take them in.

/** "12 %", "0.4 %"; nothing is said to be 0 or 100 that is not. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.995) return share > 0.999 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
  return `${Number((100 * share).toPrecision(2))} %`;
}
