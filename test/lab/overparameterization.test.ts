// The lab's verdict at its smallest size.

import { expect, it } from "vitest";
import { overparameterization } from "../../src/lab/overparameterization.js";

it("holds at its smallest size: width hurts the constrained flow and helps the unconstrained", async () => {
  const said: string[] = [];
  const { held, verdict, figures, svg } = await overparameterization.run({
    ...{ full: false, smoke: true, seed: 0, threads: 1 },
    onProgress: (text) => said.push(text),
  });
  expect({ held, verdict }).toEqual({
    held: true,
    verdict: expect.stringMatching(/^Constrained: .*worse.* Unconstrained: .*better/),
  });
  expect(said).toEqual([
    "constrained, 4 units",
    "constrained, 64 units",
    "unconstrained, 4 units",
    "unconstrained, 64 units",
  ]);
  // No density is nearer to the target than the target itself.
  for (const { nllAboveEntropy, failed } of figures)
    if (failed === 0) expect(nllAboveEntropy).toBeGreaterThan(0);
  expect(svg).toMatch(/^<svg .*<\/svg>$/s);
}, 30_000);
