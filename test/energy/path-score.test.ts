// The carried score against differences of the density itself, for every bijection there is.

import { describe, expect, it } from "vitest";
import { reversed } from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { carryScore } from "../../src/energy/index.js";
import { Flow } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { input, neg } from "../../src/tensor/index.js";
import { bijectionCases } from "../bijections/cases.js";
import { evaluator, expectClose, finiteDifferences } from "../helpers/index.js";

const dim = 3;

describe.each(Object.entries(bijectionCases))("behind %s", (_, make) => {
  it("the score is the slope of the density of what came through", async () => {
    const bijection = make(dim);
    const x = input("x", ["batch", dim]);
    const rows = new Random(1).fillNormal(new Float64Array(2 * dim));
    const carried = await evaluator(carryScore(bijection, x, neg(x)));
    const { y, score } = await carried({ x: rows });
    const density = new Flow(reversed(bijection), normal({ dim })).logProb(x);
    const logProb = await evaluator({ density });
    const truth = await finiteDifferences(
      async (at) => (await logProb({ x: at })).density.reduce((a, b) => a + b),
      y,
      1e-4,
    );
    expect(score).toHaveLength(rows.length);
    expectClose(score, truth, { relative: 1e-5, absolute: 1e-6 });
  });
});
