// One run of a lab from beginning to end, as a report that is plain data but for its picture.

import { LogdetError } from "../errors.js";
import { version } from "../version.js";
import type { Figures, Lab, LabOptions, LabResult } from "./lab.js";

/** What is known after a run: what DIR/NAME.json holds. */
export interface LabReport {
  readonly lab: string;
  readonly claim: string;
  readonly source: string;
  readonly held: boolean;
  readonly verdict: string;
  /** Which of a lab's sizes was run. */
  readonly size: "smoke" | "default" | "full";
  readonly seed: number;
  readonly threads: number;
  readonly seconds: number;
  /** Of logdet. */
  readonly version: string;
  readonly figures: readonly Figures[];
}

/**
 * Runs a lab.
 *
 * @throws LogdetError "interrupted" if the signal was aborted: half an experiment has no verdict.
 */
export async function runLab(lab: Lab, options: LabOptions): Promise<{ report: LabReport; svg: string }> {
  const started = performance.now();
  const { held, verdict, figures, svg } = await unlessStopped(() => lab.run(options), options.signal);
  const seconds = (performance.now() - started) / 1000;
  const { name, claim, source } = lab;
  const { seed, threads } = options;
  const size = options.full ? "full" : options.smoke ? "smoke" : "default";
  return {
    report: { lab: name, claim, source, held, verdict, size, seed, threads, seconds, version, figures },
    svg,
  };
}

async function unlessStopped(work: () => Promise<LabResult>, signal?: AbortSignal): Promise<LabResult> {
  const stopped = (cause?: unknown) =>
    new LogdetError("interrupted", "stopped before there was a verdict; nothing was written", { cause });
  try {
    const result = await work();
    if (signal?.aborted) throw stopped();
    return result;
  } catch (error) {
    // Whatever ends a run that is being stopped, it is what the user asked for.
    throw signal?.aborted ? stopped(error) : error;
  }
}
