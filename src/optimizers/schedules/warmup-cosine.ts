import type { Schedule } from "./schedule.js";

/**
 * Rises linearly over `warmup` steps, then falls as half a cosine to zero at the last step.
 *
 * @see Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5
 * @example warmupCosine({ warmup: 50 }).factor(25, 3000) // about 0.5
 */
export function warmupCosine({ warmup = 50 }: { warmup?: number } = {}): Schedule {
  return {
    name: "warmup-cosine",
    factor: (step, steps) =>
      Math.min(1, step / Math.max(1, warmup)) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps))),
  };
}
