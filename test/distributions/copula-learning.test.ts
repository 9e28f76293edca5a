// That the parameters of a copula base are found by maximum likelihood, as any flow's.

import { expect, it } from "vitest";
import { chain, linear } from "../../src/bijections/index.js";
import { analyzeColumns, InMemoryRows, standardizedRows, tableFromRows } from "../../src/data/index.js";
import { gumbelCopula } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { Trainer } from "../../src/training/index.js";
import { randomStore } from "../bijections/support.js";
import { draws } from "./support.js";

it("a Gumbel copula with Student-t margins finds θ and ν of its own draws", async () => {
  const truth = gumbelCopula({ dim: 2, margin: { type: "student-t", degreesOfFreedom: 2 } });
  const store = randomStore(truth.parameters, { noise: 0 });
  store.view(truth.parameters.rawDependence)[0] = Math.log(1.5);
  const rows = await draws(truth, 14_000, store);
  const table = tableFromRows(rows.subarray(0, 20_000), 2);
  const { plans } = analyzeColumns(table);
  const held = standardizedRows(tableFromRows(rows.subarray(20_000), 2), plans, undefined, new Random(1));

  const base = gumbelCopula({ dim: 2, margin: { type: "student-t" } });
  const trainer = await Trainer.create(new Flow(chain([linear({ dim: 2, random: new Random(2) })]), base), {
    batches: new InMemoryRows(table, plans).batches({ batchSize: 256, random: new Random(3) }),
    validation: held,
    training: held,
    steps: 700,
    evaluateEvery: 350,
    learningRate: 0.03,
    threads: 1,
    random: new Random(4),
  });
  await trainer.run();
  const units = plans.reduce((total, { scale }) => total + Math.log(scale), 0);
  // The entropy 3.3586, from copulas.test.ts; the standard error over 4,000 rows is 0.03.
  expect(Math.abs(trainer.best.validationNll + units - 3.3586)).toBeLessThan(0.12);
  for (const raw of trainer.store.view(base.parameters["margin.logDegreesOfFreedom"]))
    expect(Math.abs(0.1 + Math.exp(raw) - 2)).toBeLessThan(0.5);
  // θ is seen through a matrix that is learned as well.
  expect(Math.abs(1 + Math.exp(trainer.store.view(base.parameters.rawDependence)[0]) - 2.5)).toBeLessThan(
    1.2,
  );
  await trainer.release();
});
