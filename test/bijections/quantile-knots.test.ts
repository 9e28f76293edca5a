// Where the first curves start: monotone, all rows within reach, whatever the column.

import { describe, expect, it } from "vitest";
import {
  type Knots,
  normalProbability,
  normalQuantile,
  quantileKnots,
  rationalQuadraticSpline,
  throughKnots,
} from "../../src/bijections/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { expectClose } from "../helpers/index.js";

const random = () => new Random(5);
const drawn = (rows: number, draw: (random: Random) => number) => {
  const numbers = random();
  return Float64Array.from({ length: rows }, () => draw(numbers));
};
/** With mean 0 and variance 1, as the rows that a fit's curves start from. */
function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance || 1));
}

const uniformWithin = (numbers: Random) => Math.min(Math.max(numbers.uniform(), 1e-6), 1 - 1e-6);

const raw: Readonly<Record<string, Float64Array>> = {
  "normal draws": drawn(3000, (numbers) => numbers.normal()),
  "Cauchy draws": drawn(3000, (numbers) => Math.tan(Math.PI * (uniformWithin(numbers) - 0.5))),
  "lognormal draws": drawn(3000, (numbers) => Math.exp(2 * numbers.normal())),
  "ties and gaps": drawn(3000, (numbers) => {
    const u = numbers.uniform();
    return u < 0.4 ? 0 : u < 0.6 ? 7 : u < 0.8 ? 7.001 + 0.001 * numbers.uniform() : 100 + numbers.normal();
  }),
  "a few counts": drawn(1000, (numbers) => Math.floor(5 * numbers.uniform() ** 2)),
  "one outlier, far out": drawn(1000, (numbers) => numbers.normal()).map((x, i) => (i === 7 ? 1e6 : x)),
  "twenty rows": drawn(20, (numbers) => numbers.normal()),
  "two values": drawn(200, (numbers) => (numbers.uniform() < 0.1 ? 1 : 0)),
  "two rows": Float64Array.of(-1, 1),
  "one value": new Float64Array(50).fill(3),
  "one row": Float64Array.of(-2),
};
const samples = Object.fromEntries(Object.entries(raw).map(([name, values]) => [name, standardized(values)]));
const cases = Object.entries(samples).flatMap(([name, sample]) =>
  [2, 8, 64].map((bins) => ({ name, sample, bins })),
);

/** What a spline that starts from these knots makes of a column, and its log-derivatives. */
async function curve(knots: Knots, values: Float64Array) {
  const bins = knots.x.length - 1;
  const spline = rationalQuadraticSpline({ dim: 1, bins, knots: [knots] });
  const store = new ParameterStore(Object.values(spline.parameters), { float: "float64" });
  const { y, logDet } = spline.forward(input("x", ["batch", 1]));
  const program = await Program.compile({ y, logDet }, { parameters: store, threads: 1, float: "float64" });
  const result = await program.run({ x: values });
  const [mapped, logSlope] = [Float64Array.from(result.y), Float64Array.from(result.logDet)];
  await program.release();
  return { y: mapped, logDet: logSlope };
}

describe.each(cases)("$bins pieces from $name", ({ sample, bins }) => {
  const [knots] = quantileKnots(sample, 1, { bins });
  const { x, y, slope } = knots;

  it("have knots in ascending order, no piece a wall and none a plain, and slopes above zero", () => {
    expect([x.length, y.length, slope.length]).toEqual([bins + 1, bins + 1, bins + 1]);
    for (const at of [x, y]) {
      const width = at[bins] - at[0];
      expect(width).toBeGreaterThan(0);
      for (let k = 0; k < bins; k++) expect((at[k + 1] - at[k]) / width).toBeGreaterThan(1 / (14 * bins));
    }
    for (let k = 0; k <= bins; k++) {
      expect(slope[k]).toBeGreaterThan(0);
      expect(slope[k]).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  it("make a spline that is monotone and keeps all rows within 3.5 standard deviations", async () => {
    const sorted = sample.slice().sort();
    const { y: mapped, logDet } = await curve(knots, sorted);
    for (const [i, value] of mapped.entries()) {
      expect(Math.abs(value)).toBeLessThan(3.51);
      expect(Number.isFinite(logDet[i])).toBe(true);
      if (i > 0 && sorted[i] > sorted[i - 1]) expect(value).toBeGreaterThan(mapped[i - 1]);
    }
  });
});

describe("knots of quantiles", () => {
  it("send normal draws nearly to themselves", async () => {
    const [knots] = quantileKnots(samples["normal draws"], 1, { bins: 16 });
    const at = Float64Array.of(-2, -1, -0.5, 0, 0.5, 1, 2);
    expectClose((await curve(knots, at)).y, at, { absolute: 0.12 });
  });

  it("send quantiles of other draws to those of a normal", async () => {
    const skewed = drawn(3000, (numbers) => Math.exp(0.5 * numbers.normal()));
    const [knots] = quantileKnots(skewed, 1, { bins: 32 });
    const shares = [0.05, 0.25, 0.5, 0.75, 0.95];
    const at = Float64Array.from(shares, (share) => Math.exp(0.5 * normalQuantile(share)));
    expectClose((await curve(knots, at)).y, shares.map(normalQuantile), { absolute: 0.15 });
  });

  it("are each column's own", () => {
    const [a, b] = [samples["normal draws"], samples["Cauchy draws"]];
    const both = Float64Array.from({ length: 6000 }, (_, i) => [a, b][i % 2][i >> 1]);
    expect(quantileKnots(both, 2)).toEqual([quantileKnots(a, 1)[0], quantileKnots(b, 1)[0]]);
  });

  it("may lie further out than 3.5, and the lines beyond them rise still", () => {
    const [{ y, slope }] = quantileKnots(
      drawn(100_000, (numbers) => numbers.normal()),
      1,
      { reach: 3.8 },
    );
    expect(Math.abs(y[8])).toBeGreaterThan(3.5);
    expect(Math.min(slope[0], slope[8])).toBeGreaterThan(0);
  });

  it("leave a few rows beyond the outermost ones", () => {
    for (const rows of [20, 100, 3000]) {
      const [{ y }] = quantileKnots(
        drawn(rows, (numbers) => numbers.normal()),
        1,
      );
      const farthest = Math.min(2.5, normalQuantile(1 - Math.min(0.25, 5 / (rows + 1))));
      for (const end of [-y[0], y[8]]) {
        expect(end).toBeLessThan(farthest + 1e-6);
        expect(end).toBeGreaterThan(farthest - 0.1);
      }
    }
  });
});

describe("rows through knots", () => {
  it.each(Object.keys(samples))(
    "of %s lie near where the spline takes them, in the tails too",
    async (name) => {
      const sample = samples[name];
      const [knots] = quantileKnots(sample, 1, { bins: 64 });
      const { y } = await curve(knots, sample);
      const found = throughKnots(sample, [knots]);
      // Between two knots the curve and the straight line both rise from the one to the other.
      const height = Math.max(...Array.from({ length: 64 }, (_, k) => knots.y[k + 1] - knots.y[k]));
      expectClose(found, y, { absolute: height });
      const { length } = sample;
      for (const i of [0, length - 1].map((rank) => sample.indexOf(sample.slice().sort()[rank])))
        expectClose([found[i]], [y[i]], { absolute: 1e-4 });
    },
  );

  it("meet every knot, column by column", () => {
    const columns = [samples["normal draws"], samples["ties and gaps"]];
    const knots = columns.map((sample) => quantileKnots(sample, 1)[0]);
    const rows = Array.from({ length: 9 }, (_, k) => knots.map(({ x }) => x[k])).flat();
    const wanted = Array.from({ length: 9 }, (_, k) => knots.map(({ y }) => y[k])).flat();
    expectClose(throughKnots(rows, knots), wanted, { absolute: 1e-12 });
  });
});

describe("the normal distribution function", () => {
  it("has the values of tables, and an inverse", () => {
    // Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.1.
    const table = [
      [0, 0.5],
      [1, 0.84134474606854],
      [1.96, 0.97500210485178],
      [3, 0.99865010196837],
      [4, 0.99996832875817],
    ];
    for (const [x, probability] of table) {
      expectClose([normalProbability(x), normalProbability(-x)], [probability, 1 - probability], {
        absolute: 1e-10,
      });
      expectClose([normalQuantile(probability)], [x], { absolute: 1e-6 });
    }
  });
});
