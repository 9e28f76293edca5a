// The lines of a fit's pictures: each net is told from the others.

import { expect, it } from "vitest";
import { likelihoodPicture } from "../../studio/app/fit/curve-pictures.js";

it("draws the six nets that a search may train each in its own way", () => {
  const nets = Array.from({ length: 6 }, (_, i) => ({
    ...{ setting: `${i} layers`, layers: [], mixed: 1 },
    points: [1, 2].map((step) => ({
      ...{ step, validationNll: i + 1 / step, trainNll: i, learningRate: 0.01, gradientNorm: 1, logDets: [] },
    })),
  }));
  const { lines, marked } = likelihoodPicture(nets, undefined);
  const ways = lines.map(
    ({ color, isDashed = false, isSecond = false }) => `${color} ${isDashed} ${isSecond}`,
  );
  expect(lines).toHaveLength(12);
  expect(new Set(ways).size).toBe(12);
  expect(marked?.map(({ step }) => step)).toEqual([2, 2, 2, 2, 2, 2]);
});
