import type { Schedule } from "./schedule.js";

/** The base learning rate throughout. */
export function constantRate(): Schedule {
  return { name: "constant", factor: () => 1 };
}
