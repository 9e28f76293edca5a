// Who was first at a likelihood: the reading of progress lines and of curves.

import { describe, expect, it } from "vitest";
import { secondsTo, toldNats } from "../../bench/lib/progress.js";
import { showFit } from "../../src/cli/fit-progress.js";
import type { Output } from "../../src/cli/output.js";
import { plan } from "../../src/fit/index.js";

describe("progress", () => {
  it("is read from the lines that logdet fit writes", () => {
    const texts: string[] = [];
    const progress = {
      update: ({ label, text }: { label?: string; text: string }) => texts.push(`${label}  ${text}`),
    };
    const listener = showFit({ note: () => {}, progress } as unknown as Output);
    listener({ type: "plan", plan: plan({}, { trainRows: 4000, dim: 2 }), rows: 4000, dim: 2 });
    const setting = { layers: 8, components: 1, noise: 0.1, start: 0 };
    listener({ type: "run", run: 1, runs: 4, setting });
    const evaluation = { type: "evaluation", step: 100, steps: 3000, improved: true } as const;
    for (const validationNll of [1.25, -3.5, 2e6])
      listener({ type: "training", run: 1, runs: 4, event: { ...evaluation, trainNll: 7, validationNll } });
    expect(texts.map(toldNats)).toEqual([-1.25, 3.5, -2e6]);
  });

  it("is absent from lines that tell no likelihood", () => {
    expect(toldNats("Note: column b (always 3) left out")).toBeUndefined();
    expect(toldNats("20/3,000    8 s left")).toBeUndefined();
  });

  it("finds the first point that is as good, and none where none is", () => {
    const curve = [
      { seconds: 1, nats: -5 },
      { seconds: 2, nats: 1 },
      { seconds: 3, nats: 0.5 },
      { seconds: 4, nats: 2 },
    ];
    expect(secondsTo(1, curve)).toBe(2);
    expect(secondsTo(1.5, curve)).toBe(4);
    expect(secondsTo(3, curve)).toBeNull();
    expect(secondsTo(0, [])).toBeNull();
  });
});
